-- What every page may print: one row.
WITH o AS (
  SELECT max(CASE name WHEN 'pack-id' THEN value END) AS pack, max(CASE name WHEN 'as-of' THEN value END) AS as_of,
         max(CASE name WHEN 'title' THEN value END) AS title, max(CASE name WHEN 'snapshot-file' THEN value END) AS snapshot_file,
         max(CASE name WHEN 'snapshot-sha256' THEN value END) AS snapshot_sha256,
           max(CASE name WHEN 'will-sign' THEN value END) AS signed,
         max(CASE name WHEN 'signer' THEN value END) AS signer
    FROM report_option
), e AS (
  SELECT max(CASE name WHEN 'organisation' THEN value END) AS organisation,
    max(CASE name WHEN 'prepared-by' THEN value END) AS prepared_by,
         max(CASE name WHEN 'prepared-for' THEN value END) AS prepared_for,
           max(CASE name WHEN 'classification' THEN value END) AS classification,
         max(CASE name WHEN 'period-title' THEN value END) AS period_title,
           max(CASE name WHEN 'period-start' THEN value END) AS period_start,
         max(CASE name WHEN 'period-end' THEN value END) AS period_end
    FROM engagement
), month(n, word) AS (VALUES ('01', 'January'), ('02', 'February'), ('03', 'March'), ('04', 'April'), ('05', 'May'), ('06', 'June'),
  ('07', 'July'),
  ('08', 'August'), ('09', 'September'), ('10', 'October'), ('11', 'November'), ('12', 'December')),
day AS (SELECT CAST(substr(s.taken_at, 9, 2) AS INTEGER) || ' ' || m.word || ' ' || substr(s.taken_at, 1, 4) AS words
          FROM snapshot s, month m WHERE m.n = substr(s.taken_at, 6, 2))
SELECT coalesce(e.organisation, '') AS organisation, coalesce(e.organisation, 'not stated') AS organisation_stated,
       coalesce(o.title, 'Key custody evidence') AS title, coalesce(o.pack, '') AS pack, s.taken_at, day.words AS day,
       substr(s.taken_at, 12, 5) || ' UTC' AS hour, coalesce(o.as_of, s.taken_at) AS as_of,
       trim(coalesce(e.organisation || ' · ', '') || coalesce(o.title, 'Key custody evidence') || ' · ' ||
         coalesce(e.period_title, day.words)) AS head,
       trim(coalesce(e.classification, '') || CASE s.source WHEN 'recording' THEN ' · from a recording' ELSE '' END, ' ·') AS foot,
       coalesce(e.prepared_by, '') AS prepared_by, coalesce(e.prepared_for, '') AS prepared_for,
       s.source = 'recording' AS recording, s.taken_at_by = 'operator' AS set_by_operator, s.id AS snapshot,
       coalesce(o.snapshot_file, '') AS snapshot_file, coalesce(o.snapshot_sha256, '') AS snapshot_sha256,
       coalesce(o.signed, '0') AS signed, coalesce(o.signer, '') AS signer,
       EXISTS (SELECT 1 FROM signer) AS named,
       (SELECT count(*) FROM framework) AS frameworks, (SELECT count(*) FROM custody) AS clusters
  FROM o, e, snapshot s, day
