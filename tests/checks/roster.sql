-- The subscription of estate.sql lies in the management group prod, below the root; the roster of the root was read.
INSERT INTO management_group VALUES ('/providers/Microsoft.Management/managementGroups/AAAAAAAA-9999-9999-9999-999999999999', '/providers/microsoft.management/managementgroups/aaaaaaaa-9999-9999-9999-999999999999',
  'AAAAAAAA-9999-9999-9999-999999999999', 'Tenant Root Group', 'aaaaaaaa-9999-9999-9999-999999999999', 17, '/value/0', '2023-04-01');
INSERT INTO mg_descendant VALUES
  ('/providers/Microsoft.Management/managementGroups/prod', '/providers/microsoft.management/managementgroups/prod', 'Microsoft.Management/managementGroups', 'prod', 'prod',
   '/providers/microsoft.management/managementgroups/aaaaaaaa-9999-9999-9999-999999999999', '/providers/microsoft.management/managementgroups/aaaaaaaa-9999-9999-9999-999999999999', 22, '/value/0', '2023-04-01'),
  ('/subscriptions/11111111-1111-1111-1111-111111111111', '/subscriptions/11111111-1111-1111-1111-111111111111', '/subscriptions', '11111111-1111-1111-1111-111111111111', 'Production',
   '/providers/microsoft.management/managementgroups/prod', '/providers/microsoft.management/managementgroups/aaaaaaaa-9999-9999-9999-999999999999', 22, '/value/1', '2023-04-01');
INSERT INTO listing(resource, subject, url, complete, pages, status, exchange) VALUES ('mg_descendant', '/providers/Microsoft.Management/managementGroups/AAAAAAAA-9999-9999-9999-999999999999', '', 1, 1, 200, 22);
