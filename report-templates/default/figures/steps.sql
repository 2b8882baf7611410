-- The order that Microsoft advises when a key may be in the wrong hands.
WITH step(position, title, text) AS (VALUES
  (1, 'Contain', 'Take away the rights of whoever must no longer use the key. Leave the key enabled.'),
  (2, 'Replace', 'Make a new key in a vault that is known to be clean.'),
  (3, 'Migrate', 'Point the disk encryption sets and etcd at it, and wait until nothing uses the old one.'),
  (4, 'Then disable', 'Only now disable the old key. Keep it recoverable: disks restored from copies may need it.'))
SELECT title, text FROM step ORDER BY position
