-- The policy of estate.sql is assigned through the initiative base, as its member cmk (position 1); the parameter cmkEffect hands the effect on.
INSERT INTO policy_set VALUES ('/providers/Microsoft.Management/managementGroups/top/providers/Microsoft.Authorization/policySetDefinitions/base',
  '/providers/microsoft.management/managementgroups/top/providers/microsoft.authorization/policysetdefinitions/base', 'Base line', 'Custom',
  '{"cmkEffect":{"type":"String","defaultValue":"Audit"}}', 2, 21, '', '2025-03-01');
INSERT INTO policy_set_member VALUES
  ('/providers/microsoft.management/managementgroups/top/providers/microsoft.authorization/policysetdefinitions/base', 0, 'other',
   '/providers/microsoft.authorization/policydefinitions/0b60c0b2-2dc2-4e1c-b5c9-abbed971de53', '0b60c0b2-2dc2-4e1c-b5c9-abbed971de53', '{}', 21, '/properties/policyDefinitions/0'),
  ('/providers/microsoft.management/managementgroups/top/providers/microsoft.authorization/policysetdefinitions/base', 1, 'cmk',
   '/providers/microsoft.authorization/policydefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67', '7d7be79c-23ba-4033-84dd-45e2a5ccdd67',
   '{"effect":{"value":"[parameters(''cmkEffect'')]"}}', 21, '/properties/policyDefinitions/1');
UPDATE policy_assignment SET display_name = 'Base line', definition_id = '/providers/Microsoft.Management/managementGroups/top/providers/Microsoft.Authorization/policySetDefinitions/base',
  definition_key = '/providers/microsoft.management/managementgroups/top/providers/microsoft.authorization/policysetdefinitions/base', definition_guid = 'base', is_set = 1, parameters = '{}';
