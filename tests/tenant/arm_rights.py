"""Subscriptions, management groups, roles, policies: answers as Microsoft.Resources 2022-12-01, Microsoft.Management 2023-04-01
and Microsoft.Authorization (2022-04-01, 2025-03-01, 2022-07-01-preview) write them."""
from har import guid

MG = "/providers/Microsoft.Management/managementGroups/"
AUTH = "/providers/Microsoft.Authorization/"


def group(tenant, row):
    name, title, _ = row
    return {"id": MG + name, "type": "Microsoft.Management/managementGroups", "name": name,
            "properties": {"tenantId": tenant, "displayName": title}}


def descendants(groups, roster, root):
    """The subtree of root, groups before subscriptions."""
    below = {root}
    for _ in groups:
        below |= {name for name, _, parent in groups if parent in below}
    for name, title, parent in groups:
        if name != root and name in below:
            yield {"id": MG + name, "type": "Microsoft.Management/managementGroups", "name": name,
                   "properties": {"displayName": title, "parent": {"id": MG + parent}}}
    for s in roster:
        if s.group in below:
            yield {"id": "/subscriptions/" + s.id, "type": "Microsoft.Management/managementGroups/subscriptions", "name": s.id,
                   "properties": {"displayName": s.name, "parent": {"id": MG + s.group}}}


def subscription(tenant, s):
    return {"id": "/subscriptions/" + s.id, "authorizationSource": "RoleBased", "managedByTenants": [], "tags": s.tags,
            "subscriptionId": s.id, "tenantId": tenant, "displayName": s.name, "state": s.state,
            "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01",
                                     "spendingLimit": "Off"}}


def role_definition(sub, r):
    scopes = r["scopes"]
    at = "/subscriptions/" + sub + AUTH if not r["custom"] or scopes[0].startswith("/subscriptions/") else AUTH
    return {"properties": {"roleName": r["name"], "type": "CustomRole" if r["custom"] else "BuiltInRole", "description": r["about"],
                           "assignableScopes": scopes,
                           "permissions": [{"actions": r["actions"], "notActions": r["not_actions"], "dataActions": r["data"],
                                            "notDataActions": r["not_data"]}],
                           "createdOn": "2015-02-02T21:55:09.8806423Z" if not r["custom"] else "2025-02-11T10:20:54.2178841Z",
                           "updatedOn": "2025-02-11T10:20:54.2178841Z", "createdBy": None, "updatedBy": None},
            "id": at + "roleDefinitions/" + r["guid"], "type": "Microsoft.Authorization/roleDefinitions", "name": r["guid"]}


def role_assignment(sub, guids, r):
    """sub: whose list this is. Built-in roles carry the subscription of the list in front."""
    name = guid("right", r.role, r.principal, r.scope)
    place = "" if r.scope == "/" else r.scope
    head = "/subscriptions/" + sub if r.scope.startswith("/subscriptions/") else ""
    return {"properties": {"roleDefinitionId": head + AUTH + "roleDefinitions/" + guids[r.role], "principalId": r.principal,
                           "principalType": r.kind, "scope": r.scope, "condition": r.condition or None,
                           "conditionVersion": "2.0" if r.condition else None, "createdOn": r.made.replace("Z", ".5161093Z"),
                           "updatedOn": r.made.replace("Z", ".5161093Z"), "createdBy": guid("pipeline"), "updatedBy": guid("pipeline"),
                           "delegatedManagedIdentityResourceId": None, "description": None},
            "id": place + AUTH + "roleAssignments/" + name, "type": "Microsoft.Authorization/roleAssignments", "name": name}


def system_data(made):
    return {"createdBy": guid("pipeline"), "createdByType": "Application", "createdAt": made.replace("Z", ".2213467Z"),
            "lastModifiedBy": guid("pipeline"), "lastModifiedByType": "Application", "lastModifiedAt": made.replace("Z", ".2213467Z")}


def policy_assignment(a):
    return {"id": a.scope + AUTH + "policyAssignments/" + a.name, "type": "Microsoft.Authorization/policyAssignments", "name": a.name,
            "properties": {"displayName": a.title, "policyDefinitionId": a.definition, "definitionVersion": "1.*.*", "scope": a.scope,
                           "notScopes": list(a.not_scopes), "parameters": {k: {"value": v} for k, v in a.parameters.items()},
                           "metadata": {"assignedBy": "pipeline-governance"}, "enforcementMode": a.mode,
                           "instanceId": guid("instance", a.scope, a.name)},
            "systemData": system_data(a.made)}


def policy_exemption(x):
    p = {"policyAssignmentId": x.assignment, "policyDefinitionReferenceIds": list(x.references), "exemptionCategory": x.category,
         "displayName": x.title, "description": x.why, "metadata": {}}
    if x.ends:
        p["expiresOn"] = x.ends
    return {"properties": p, "systemData": system_data(x.made), "id": x.scope + AUTH + "policyExemptions/" + x.name,
            "type": "Microsoft.Authorization/policyExemptions", "name": x.name}
