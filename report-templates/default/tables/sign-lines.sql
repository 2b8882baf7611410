-- The lines of the signature box: those whom the engagement file names, else empty ones.
SELECT upper(substr(role, 1, 1)) || replace(substr(role, 2), '-', ' ') AS role, name, function, reason, ' ' AS empty, position FROM signer
UNION ALL SELECT ' ', ' ', ' ', ' ', ' ', p.position FROM (SELECT 1 AS position UNION ALL SELECT 2) p WHERE NOT EXISTS (SELECT 1 FROM signer)
ORDER BY position
