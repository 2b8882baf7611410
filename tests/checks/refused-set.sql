-- The set of estate.sql is behind a 403.
DELETE FROM disk_encryption_set;
DELETE FROM des_identity;
DELETE FROM key_use WHERE user_kind = 'des';
DELETE FROM listed_des;
INSERT INTO listing(resource, subject, url, complete, pages, status, code, exchange) SELECT 'disk_encryption_set', des_id, '', 0, 1, 403, 'AuthorizationFailed', 20 FROM used_des;
