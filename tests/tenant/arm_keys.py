"""Key Vault: answers as Microsoft.KeyVault 2026-02-01 and Microsoft.Insights 2021-05-01-preview write them."""
import datetime

from arm_compute import rid
from har import guid, number


def epoch(utc):
    return int(datetime.datetime.fromisoformat(utc.replace("Z", "+00:00")).timestamp())


def vault_id(sub, v):
    return rid(sub, v.group, "Microsoft.KeyVault/" + ("managedHSMs" if v.hsm else "vaults"), v.name)


def host(v):
    return v.name.lower() + (".managedhsm.azure.net" if v.hsm else ".vault.azure.net")


def key_url(v, key, version):
    return f"https://{host(v)}/keys/{key}/{version}"


def system_data(by, made):
    return {"createdBy": by, "createdByType": "Application", "createdAt": made + "T07:12:45.611Z", "lastModifiedBy": by,
            "lastModifiedByType": "Application", "lastModifiedAt": made + "T07:12:45.611Z"}


def vault(sub, tenant, v):
    p = {"sku": {"family": "A", "name": v.sku.capitalize() if number(2, v.name) else v.sku}, "tenantId": tenant}
    if v.acls:
        p["networkAcls"] = {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []}
    p["accessPolicies"] = [{"tenantId": tenant, "objectId": a.object, "permissions": {
        "keys": list(a.keys), "secrets": list(a.secrets), "certificates": list(a.certificates)}} for a in v.policies]
    p.update({"enabledForDeployment": False, "enabledForDiskEncryption": True, "enabledForTemplateDeployment": False,
              "enableSoftDelete": True, "softDeleteRetentionInDays": v.days})
    if v.rbac:
        p["enableRbacAuthorization"] = True
    if v.purge:
        p["enablePurgeProtection"] = True
    p.update({"vaultUri": f"https://{host(v)}/", "provisioningState": "Succeeded", "publicNetworkAccess": v.public})
    return {"id": vault_id(sub, v), "name": v.name, "type": "Microsoft.KeyVault/vaults", "location": v.location, "tags": v.tags,
            "systemData": system_data(guid("pipeline"), v.made), "properties": p}


def managed_hsm(sub, tenant, v):
    return {"id": vault_id(sub, v), "name": v.name, "type": "Microsoft.KeyVault/managedHSMs", "location": v.location, "tags": v.tags,
            "sku": {"family": "B", "name": "Standard_B1"}, "systemData": system_data(guid("pipeline"), v.made),
            "properties": {"tenantId": tenant, "hsmUri": f"https://{host(v)}/", "enableSoftDelete": True,
                           "softDeleteRetentionInDays": v.days, "enablePurgeProtection": v.purge,
                           "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []},
                           "publicNetworkAccess": v.public, "regions": [], "provisioningState": "Succeeded",
                           "statusMessage": "The Managed HSM is provisioned and ready to use.",
                           "securityDomainProperties": {"activationStatus": "Active",
                                                        "activationStatusMessage": "Your HSM has been provisioned and is ready to use."}}}


def deleted_vault(sub, d):
    return {"id": f"/subscriptions/{sub}/providers/Microsoft.KeyVault/locations/{d.location}/deletedVaults/{d.name}", "name": d.name,
            "type": "Microsoft.KeyVault/deletedVaults",
            "properties": {"vaultId": rid(sub, d.group, "Microsoft.KeyVault/vaults", d.name), "location": d.location, "tags": {},
                           "deletionDate": d.deleted, "scheduledPurgeDate": d.purge, "purgeProtectionEnabled": True}}


def attributes(v, one):
    a = {"enabled": one.enabled, "created": epoch(one.created), "updated": epoch(one.created)}
    if one.expires:
        a = {"enabled": one.enabled, "exp": epoch(one.expires), "created": epoch(one.created), "updated": epoch(one.created)}
    a["recoveryLevel"] = ("Customized" if v.days < 90 else "") + ("Recoverable" if v.purge else "Recoverable+Purgeable")
    a["exportable"] = False
    return a


def key(sub, v, k):
    last = k.versions[-1]
    base = f"https://{host(v)}:443/keys/{k.name}"
    p = {"attributes": attributes(v, last), "kty": k.type, "keyOps": list(k.ops), "keySize": k.bits, "keyUri": base,
         "keyUriWithVersion": f"{base}/{last.id}"}
    actions = []
    if k.rotate:
        actions.append({"trigger": {"timeAfterCreate": k.rotate}, "action": {"type": "rotate"}})
    if k.rotate_before:
        actions.append({"trigger": {"timeBeforeExpiry": k.rotate_before}, "action": {"type": "rotate"}})
    if actions or k.expiry:
        actions.append({"trigger": {"timeBeforeExpiry": k.notify}, "action": {"type": "notify"}})
        first = epoch(k.versions[0].created)
        p["rotationPolicy"] = {"attributes": {"created": first, "updated": first, **({"expiryTime": k.expiry} if k.expiry else {})},
                               "lifetimeActions": actions}
    return {"id": f"{vault_id(sub, v)}/keys/{k.name}", "name": k.name, "type": "Microsoft.KeyVault/vaults/keys", "location": v.location,
            "tags": {}, "properties": p}


def key_versions(sub, v, k):
    base = f"https://{host(v)}:443/keys/{k.name}"
    for one in sorted(k.versions, key=lambda x: x.id): # by name, not by age, as the service lists them
        yield {"id": f"{vault_id(sub, v)}/keys/{k.name}/versions/{one.id}", "name": one.id,
               "type": "Microsoft.KeyVault/vaults/keys/versions", "location": v.location,
               "properties": {"attributes": attributes(v, one), "keyUri": base, "keyUriWithVersion": f"{base}/{one.id}"}}


def old_version(sub, v, k, one):
    """One version by itself: as the key, which is its current version, without the policy."""
    whole = key(sub, v, k)
    base = f"https://{host(v)}:443/keys/{k.name}"
    p = {"attributes": attributes(v, one), "kty": k.type, "keyOps": list(k.ops), "keySize": k.bits, "keyUri": base, "keyUriWithVersion": f"{base}/{one.id}"}
    return {"id": f"{whole['id']}/versions/{one.id}", "name": one.id, "type": "Microsoft.KeyVault/vaults/keys/versions", "location": v.location, "properties": p}


def diagnostic_setting(sub, v, row):
    name, kind, place, what = row
    entry = {"category": what if what[0].isupper() else None, "categoryGroup": None if what[0].isupper() else what, "enabled": True,
             "retentionPolicy": {"enabled": False, "days": 0}}
    logs = [entry]
    if entry["category"]:
        logs.append({"category": "AzurePolicyEvaluationDetails", "categoryGroup": None, "enabled": False,
                     "retentionPolicy": {"enabled": False, "days": 0}})
    p = {"storageAccountId": None, "serviceBusRuleId": None, "workspaceId": None, "eventHubAuthorizationRuleId": None,
         "eventHubName": None, "metrics": [{"timeGrain": None, "enabled": False, "retentionPolicy": {"days": 0, "enabled": False},
                                            "category": "AllMetrics"}],
         "logs": logs, "logAnalyticsDestinationType": None, "marketplacePartnerId": None}
    p[kind] = place
    return {"id": vault_id(sub, v).lower() + "/providers/microsoft.insights/diagnosticSettings/" + name,
            "type": "Microsoft.Insights/diagnosticSettings", "name": name, "location": None, "kind": None, "tags": None,
            "properties": p, "identity": None}
