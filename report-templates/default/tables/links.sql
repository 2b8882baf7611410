-- What each link means, and which tests speak for it.
WITH place(link, position, words, meaning) AS (VALUES
  ('declared', 1, 'declared', 'The cluster names a disk encryption set.'),
  ('pool-disks', 2, 'pool disks', 'The machines of its pools use that set, and their hosts encrypt caches and temporary disks.'),
  ('data-disks', 3, 'data disks', 'Every disk of its nodes and of its persistent volumes is encrypted under a customer-managed key.'),
  ('des', 4, 'DES', 'The disk encryption sets are in order: they have a key, an identity, and no error.'),
  ('key', 5, 'key', 'The keys are strong enough, protected as wanted, usable, and expire when they should.'),
  ('rotation', 6, 'rotation', 'New versions are made in time, and the sets use them.'),
  ('vault', 7, 'vault', 'A deleted key can be recovered and not purged, and rights are given by roles.'),
  ('identity', 8, 'identity', 'The identity of each set may wrap and unwrap with its key, and no more.'),
  ('etcd', 9, 'etcd', 'Beside the chain: Secrets in etcd are encrypted under a customer-managed key.'),
  ('logging', 10, 'logging', 'Beside the chain: the vaults send their audit events somewhere.'),
  ('policy', 11, 'policy', 'Beside the chain: an Azure Policy watches for clusters without a set.')),
t AS (SELECT link, group_concat(check_id, ', ') AS tests
  FROM (SELECT link, check_id FROM check_meta WHERE link IS NOT NULL ORDER BY link, position) GROUP BY link)
SELECT p.words, p.meaning, coalesce(t.tests, '') AS tests FROM place p JOIN t ON t.link = p.link ORDER BY p.position
