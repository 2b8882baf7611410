-- Notes on the edition.
SELECT text, CASE verified WHEN 'secondary' THEN '†' ELSE '' END AS mark
  FROM framework_note WHERE framework = :framework AND kind = 'note' AND verified <> 'recalled' ORDER BY position
