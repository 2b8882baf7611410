-- An exemption from the assignment of estate.sql, at its subscription, without an end.
INSERT INTO policy_exemption SELECT scope || '/providers/Microsoft.Authorization/policyExemptions/e1', scope_key || '/providers/microsoft.authorization/policyexemptions/e1', id_key, scope, scope_key,
  'Waiver', '', '[]', 16, '/value/0', '2022-07-01-preview' FROM policy_assignment;
