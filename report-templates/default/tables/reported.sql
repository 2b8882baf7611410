-- How this report was made of it.
WITH o AS (
  SELECT max(CASE name WHEN 'pack-id' THEN value END) AS pack, max(CASE name WHEN 'as-of' THEN value END) AS as_of,
         max(CASE name WHEN 'command-line' THEN value END) AS command, max(CASE name WHEN 'tool-version' THEN value END) AS version,
         max(CASE name WHEN 'tool-sha256' THEN value END) AS sha256, max(CASE name WHEN 'will-sign' THEN value END) AS signed,
         max(CASE name WHEN 'signer' THEN value END) AS signer FROM report_option)
SELECT 1 AS place, 'Report of' AS name, as_of AS value, '' AS more, '' AS mono FROM o
UNION ALL SELECT 2, 'With', 'keycustody ' || coalesce(version, ''), 'SHA-256 of the program file:', coalesce(sha256, 'not known')
  FROM o
UNION ALL SELECT 3, 'Command', '', '', coalesce(command, '') FROM o
UNION ALL SELECT 4, 'Prepared by', value, '', '' FROM engagement WHERE name = 'prepared-by'
UNION ALL SELECT 5, 'Prepared for', value, '', '' FROM engagement WHERE name = 'prepared-for'
UNION ALL SELECT 6, 'To be signed by', coalesce(signer, ''),
  'the signature is to lie in tagmanifest-sha256.txt.p7s, beside this pack''s manifests', '' FROM o WHERE signed = '1'
UNION ALL SELECT 6, 'Signature', 'none: hashed only', 'the hashes prove no author; anyone could have remade the pack', '' FROM o
  WHERE signed IS NOT '1'
UNION ALL SELECT 7, 'Pack', '', '', coalesce(pack, '') FROM o
 ORDER BY 1
