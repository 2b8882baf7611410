-- What this cannot show: the limits that the frameworks' own pages begin with.
SELECT f.title || ': ' || CASE n.name WHEN '' THEN '' ELSE n.name || '. ' END || n.text AS limits
  FROM framework_note n JOIN framework f ON f.id = n.framework
 WHERE n.kind = 'limit' AND n.verified <> 'recalled' ORDER BY f.position, n.position
