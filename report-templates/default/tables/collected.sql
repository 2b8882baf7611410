-- Who collected the evidence, as which identity, where, when, with what.
SELECT 1 AS place, 'Collected by' AS name, os_user || ' on ' || host AS value, 'account and machine that ran the collector' AS more,
  '' AS mono FROM snapshot
UNION ALL SELECT 2, 'As', '', CASE principal_basis WHEN 'token' THEN 'from the claims of its token'
  WHEN 'operator' THEN 'as the operator stated it' ELSE '' END,
       coalesce(principal_id, 'identity not known') FROM snapshot
UNION ALL SELECT 3, 'From', CASE source WHEN 'recording' THEN 'a recording of answers' ELSE coalesce(cloud, 'Azure') END, '',
  arm_endpoint FROM snapshot
UNION ALL SELECT 4, 'When', started_at || ' to ' || finished_at, '', '' FROM snapshot
UNION ALL SELECT 5, 'Recording', coalesce(recording_name, ''), 'made by ' || coalesce(recording_creator, 'an unknown program') ||
  '; SHA-256 of the file:',
       coalesce(recording_sha256, '') FROM snapshot WHERE source = 'recording'
UNION ALL SELECT 6, 'With', tool_name || ' ' || tool_version || ', SQLite ' || sqlite_version, 'SHA-256 of the program file:',
  tool_sha256 FROM snapshot
UNION ALL SELECT 7, 'Command', '', '', command_line FROM snapshot
UNION ALL SELECT 8, 'Snapshot', '', 'SHA-256 of the file:', max(CASE name WHEN 'snapshot-sha256' THEN value END) FROM report_option
UNION ALL SELECT 9, 'Answers kept', count(*) || ', ' || coalesce(sum(size), 0) || ' bytes', 'each under its SHA-256; appendix A', ''
  FROM exchange
 ORDER BY 1
