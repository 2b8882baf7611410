-- Every finding, worst first; the first piece of evidence is a link.
WITH place AS MATERIALIZED (SELECT n, row_number() OVER (ORDER BY n) AS row FROM exchange)
SELECT f.id, f.status, f.severity, f.check_id, f.title,
       f.subject AS name,
       coalesce(f.observed, '') AS observed, coalesce(f.expected, '') AS expected, f.reason, coalesce(f.limit_text, '') AS limit_text,
       CASE WHEN coalesce(f.evidence, '') = '' THEN '' ELSE
         (SELECT group_concat(printf('E-%04d', CAST(t.value AS INTEGER)) ||
                              CASE WHEN instr(t.value, '#') > 0 THEN ' ' || substr(t.value, instr(t.value, '#') + 1) ELSE '' END, ', ')
            FROM json_each('["' || replace(replace(replace(f.evidence, '\', '\\'), '"', '\"'), ' ', '","') || '"]') t) END AS evidence,
       place.row AS evidence_row,
       coalesce(f.remedy, '') AS remedy, replace(coalesce(f.danger, ''), '
', ' ') AS danger, f.basis, f.subject
  FROM finding f LEFT JOIN place ON place.n = CAST(f.evidence AS INTEGER)
 ORDER BY CASE f.status WHEN 'fail' THEN 0 WHEN 'not-assessed' THEN 1 WHEN 'pass' THEN 2 WHEN 'attested' THEN 3 ELSE 4 END,
          CASE f.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, f.n
