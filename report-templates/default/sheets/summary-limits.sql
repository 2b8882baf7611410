-- What this cannot show: the first limit of each framework's own pages, which have them all.
SELECT f.title || ': ' || CASE n.name WHEN '' THEN '' ELSE n.name || '. ' END || n.text || CASE n.verified WHEN 'secondary' THEN ' †' ELSE '' END AS limits
  FROM framework_note n JOIN framework f ON f.id = n.framework
 WHERE n.kind = 'limit' AND n.verified <> 'recalled'
   AND n.position = (SELECT min(m.position) FROM framework_note m WHERE m.framework = n.framework AND m.kind = 'limit' AND m.verified <> 'recalled')
 ORDER BY f.position
