-- What the tests found on tests/report/estate.sql; made up, like the tests.
INSERT INTO check_meta(position, check_id, code, title, severity, basis, link, kind, needs, why, limits, remedy, danger, source, sql, sha256)
  WITH row(position, check_id, code, title, severity, link, kind) AS (VALUES
    (1, 'cluster-uses-des', 'CLU-01', 'The cluster names a disk encryption set', 'high', 'declared', 'cluster'),
    (2, 'pool-encryption-at-host', 'NPL-02', 'The pool encrypts on the host', 'medium', 'pool-disks', 'pool'),
    (3, 'disk-cmk', 'DSK-01', 'The disk is encrypted with a key that the organisation manages', 'high', 'data-disks', 'disk'),
    (4, 'des-healthy', 'DES-01', 'The set is in order', 'high', 'des', 'des'),
    (5, 'key-usable', 'KEY-03', 'The key can be used', 'critical', 'key', 'key'),
    (6, 'key-age', 'KEY-06', 'The version in use is younger than the cryptoperiod', 'medium', 'rotation', 'key'),
    (7, 'vault-rbac', 'VLT-03', 'Rights are given by roles', 'medium', 'vault', 'vault'),
    (8, 'des-identity-least-privilege', 'IAM-01', 'The identity may use its key and no more', 'high', 'identity', 'des'),
    (9, 'policy-cmk-enforced', 'POL-01', 'A policy watches', 'low', 'policy', 'cluster'),
    (10, 'collection-complete', 'IPE-01', 'Everything was read', 'high', NULL, 'subscription'))
  SELECT position, check_id, code, title, severity, 'good-practice', link, kind, 'aks_cluster, disk', 'Why it matters.', 'What a pass does not show.',
         'az thing update --name {name}' || char(10) || 'az thing show --name {name}', 'It may hurt.', 'https://example.org/' || check_id,
         '-- check: ' || check_id || char(10) || 'SELECT subject, status FROM somewhere;' || char(10), printf('%064x', position) FROM row;
INSERT INTO finding(id, check_id, title, subject, subject_key, status, severity, basis, observed, expected, reason, limit_text, remedy, danger, evidence, population_unknown)
  WITH subject(kind, id, key, evidence) AS (
    SELECT 'cluster', id, id_key, src || '#' || ptr FROM aks_cluster UNION ALL SELECT 'pool', id, id_key, src || '#' || ptr FROM node_pool
    UNION ALL SELECT 'disk', id, id_key, src || '#' || ptr FROM disk UNION ALL SELECT 'des', des_id, des_key, '2' FROM used_des
    UNION ALL SELECT 'key', key_id, key_key, '4 2' FROM used_key UNION ALL SELECT 'vault', vault_id, vault_key, '4#/value/0' FROM used_vault
    UNION ALL SELECT 'subscription', '/subscriptions/' || subscription_id, '/subscriptions/' || subscription_id, '1' FROM scope),
  judged AS (
    SELECT m.*, s.id, s.key, s.evidence,
           CASE WHEN m.check_id = 'disk-cmk' AND s.key GLOB '*pvc-9f*' THEN 'fail' WHEN m.check_id IN ('policy-cmk-enforced', 'collection-complete') THEN 'not-assessed' ELSE 'pass' END AS status
      FROM check_meta m JOIN subject s ON s.kind = m.kind)
  SELECT printf('F-%08x', 268435456 + position * 65536 + row_number() OVER (ORDER BY position, id)), check_id, title, id, key, status, severity, basis,
         CASE status WHEN 'not-assessed' THEN NULL ELSE 'observed value' END, 'what ' || check_id || ' expects',
         CASE status WHEN 'fail' THEN 'the disk is encrypted with a key of the platform' WHEN 'not-assessed' THEN 'policy exemptions: not read to the end (403 AuthorizationFailed)' ELSE 'it holds' END,
         CASE WHEN check_id = 'des-healthy' THEN 'the set and its vault lie in different regions' END,
         CASE status WHEN 'fail' THEN replace(remedy, '{name}', 'pvc-9f8e7d6c') END, CASE status WHEN 'fail' THEN danger END, evidence, 0
    FROM judged ORDER BY position, id;
INSERT INTO finding(id, check_id, title, subject, subject_key, status, severity, basis, reason, evidence, population_unknown)
  SELECT 'F-1fffffff', check_id, title, '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', '/subscriptions/aaaaaaaa-0000-4000-8000-000000000001', 'not-assessed', severity, basis,
         'population not known: key vaults: not read to the end (403 AuthorizationFailed)', '4', 1 FROM check_meta WHERE check_id = 'vault-rbac';
INSERT INTO check_count
  SELECT m.check_id, count(f.n) - sum(f.population_unknown), sum(f.population_unknown) = 0, sum(f.status IN ('pass', 'fail')), sum(f.status = 'pass'), sum(f.status = 'fail'),
         sum(f.status = 'not-applicable'), sum(f.status = 'not-assessed'), 0 FROM check_meta m JOIN finding f ON f.check_id = m.check_id GROUP BY m.check_id;
INSERT INTO gap_affects VALUES (1, 'collection-complete'), (1, 'policy-cmk-enforced');
