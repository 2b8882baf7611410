"""Variants of a recording: one rule, at one place of one answer, both drawn by seed. What is changed is what the checks ask about."""
import json

GONE = object()
WORDS = (None, GONE, "", "x", 7, True, False, [], {})
GUID = "00000000-1111-2222-3333-444444444444"
DES = f"/subscriptions/{GUID}/resourceGroups/other/providers/Microsoft.Compute/diskEncryptionSets/other"
DURATIONS = ("P90D", "P1Y", "P1Y1D", "P18M", "P365D", "P366D", "P30D", "P6M", "1Y", "P")
# member -> values beside those of WORDS. Epochs and durations lie on both sides of the shipped thresholds.
MEMBERS = {
    "diskEncryptionSetID": (DES,), "enableEncryptionAtHost": ("true",), "agentPoolProfiles": (), "nodeResourceGroup": (), "type@encryption": (
        "EncryptionAtRestWithPlatformKey", "EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformAndCustomerKeys", "New"),
    "diskEncryptionSetId": (DES,), "encryption": (), "diskEncryptionSet": ({"id": DES},), "managedDisk": (), "osDisk": (), "dataDisks": (
        [{"lun": 0, "managedDisk": {}}], [{"lun": 0, "managedDisk": {"diskEncryptionSet": {"id": DES}}}]), "managedBy": (),
    "azureKeyVaultKms": (), "enabled": ("true",), "keyId": ("https://nowhere.vault.azure.net/keys/k/1",), "securityProfile": (),
    "rotationToLatestKeyVersionEnabled": ("true",), "autoKeyRotationError": ({"code": "KeyNotFound"},), "provisioningState": ("Failed", "Updating", "Succeeded"),
    "encryptionType": ("ConfidentialVmEncryptedWithCustomerKey", "New"), "activeKey": (), "keyUrl": ("https://nowhere.vault.azure.net/keys/k/1",),
    "federatedClientId": (GUID, "None"), "identity": ({"type": "None"},), "principalId": (GUID,), "type@identity": ("None", "SystemAssigned", "UserAssigned"),
    "vaultUri": (), "hsmUri": (), "enablePurgeProtection": ("true",), "enableSoftDelete": ("true",), "softDeleteRetentionInDays": (89, 90, 91, 30, "90"),
    "enableRbacAuthorization": ("true",), "accessPolicies": (), "objectId": (GUID,), "keys": (["get", "wrapKey", "unwrapKey"], ["Get"], ["all"], ["get", "wrapKey", "unwrapKey", "list"]),
    "secrets": (["get"],), "certificates": (["list"],), "kty": ("RSA", "RSA-HSM", "EC", "EC-HSM", "oct-HSM"), "keySize": (1024, 2048, 3072, "3072"),
    "keyOps": (["wrapKey"], ["wrapKey", "unwrapKey"], ["WRAPKEY", "sign"]), "exportable": ("false",),
    "exp": (1759000000, 1790700000, 1793000000, 1793400000, 1800000000, 1900000000, "1800000000"), "nbf": (1700000000, 1795000000, "1700000000"),
    "created": (1700000000, 1759240000, 1759250000, 1790000000, 1790780000, "1790000000"), "keyUriWithVersion": (), "rotationPolicy": (), "lifetimeActions": (),
    "timeAfterCreate": DURATIONS, "timeBeforeExpiry": DURATIONS, "expiryTime": DURATIONS, "type@action": ("rotate", "notify", "Rotate"),
    "roleDefinitionId": tuple("/providers/Microsoft.Authorization/roleDefinitions/" + g for g in (
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c", "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "e147488a-f6f5-4113-8e2d-b22465e65bf6", "12338af0-0e69-4776-bea7-57ae8d297424", GUID)),
    "scope": ("/", "/subscriptions/85dca2ae-d583-4cc2-bd84-5d11b75d7981", "/providers/Microsoft.Management/managementGroups/thp"),
    "actions": (["*"], ["*/read"]), "notActions": (["*"], ["*/read"]), "dataActions": (["*"], ["Microsoft.KeyVault/vaults/keys/read"]), "notDataActions": (["*"],),
    "policyDefinitionId": ("/providers/Microsoft.Authorization/policyDefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67",),
    "enforcementMode": ("Default", "DoNotEnforce", "Enroll"), "notScopes": (["/subscriptions/85dca2ae-d583-4cc2-bd84-5d11b75d7981"],),
    "effectCmk": ({"value": "Deny"}, {"value": "Disabled"}, {"value": "audit"}), "defaultValue": ("Disabled", "Deny"), "parameters": (),
    "policyDefinitions": (), "expiresOn": ("2026-09-01T00:00:00Z", "2027-09-01T00:00:00Z"), "policyDefinitionReferenceIds": (["other"], ["aksCmk"]),
    "policyAssignmentId": (), "overrides": ([{"kind": "policyEffect", "value": "Disabled"}],), "resourceSelectors": (
        [{"name": "s", "selectors": [{"kind": "resourceLocation", "in": ["eastus2"]}]}],),
    "workspaceId": (), "logs": (), "category": ("AuditEvent", "auditevent", "AzurePolicyEvaluationDetails"), "categoryGroup": ("audit", "allLogs", "other"), "state": ("Disabled",),
}


def places(value, parent, out):
    """(object, member, what WORDS and MEMBERS call it): each place where a rule may change something."""
    for k, v in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        name = k if k in MEMBERS else f"{k}@{parent}"
        if name in MEMBERS:
            out.append((value, k, name))
        places(v, k if isinstance(value, dict) else parent, out)


ADDED = {"properties": ("expiresOn", "overrides", "resourceSelectors", "federatedClientId", "autoKeyRotationError", "enablePurgeProtection"), "attributes": ("exp", "nbf")}


def member(rng, body):
    """One member that a check asks about becomes another value, another type, or is not there."""
    found = []
    places(body, "", found)
    if not found:
        return None
    names = sorted({n for _, _, n in found})
    name = rng.choice(names)
    at, k, _ = rng.choice([f for f in found if f[2] == name])
    value = rng.choice(MEMBERS[name] if MEMBERS[name] and rng.random() < 0.6 else WORDS)
    was = json.dumps(at[k])[:80]
    if value is GONE:
        del at[k]
    else:
        at[k] = json.loads(json.dumps(value))
    return f"{name}: {was} became {'absent' if value is GONE else json.dumps(value)[:80]}"


def added(rng, body):
    """A member that was not there."""
    found = [o["properties"] for o in (body.get("value") or [body] if isinstance(body, dict) else []) if isinstance(o, dict) and isinstance(o.get("properties"), dict)]
    if not found:
        return None
    at, names = rng.choice(found), ADDED["properties"]
    if isinstance(at.get("attributes"), dict):
        at, names = at["attributes"], ADDED["attributes"]
    name = rng.choice(names)
    at[name] = json.loads(json.dumps(rng.choice(MEMBERS[name])))
    return f"{name} added: {json.dumps(at[name])[:80]}"


def item(rng, body):
    """An item of a list is dropped."""
    if not isinstance(body, dict) or not isinstance(body.get("value"), list) or not body["value"]:
        return None
    gone = body["value"].pop(rng.randrange(len(body["value"])))
    return f"item dropped: {str(gone.get('id') if isinstance(gone, dict) else gone)[-90:]}"


def emptied(rng, body):
    if not isinstance(body, dict) or not isinstance(body.get("value"), list) or not body["value"]:
        return None
    body["value"] = rng.choice(([], [], [], None, {}, ["x"]))
    return f"value: {json.dumps(body['value'])}"


BODY = (member,) * 12 + (added,) * 2 + (item,) * 2 + (emptied,)


def vary(har, rng):
    """A changed recording and what was changed."""
    entries = har["log"]["entries"]
    kinds = {}
    for i, e in enumerate(entries):
        kinds.setdefault("/".join(e["request"]["url"].split("?")[0].split("/")[-2:-1] + [e["request"]["url"].split("?")[0].split("/")[-1]][:1])
                         if "/keys/" in e["request"]["url"] else e["request"]["url"].split("?")[0].rsplit("/", 1)[-1], []).append(i)
    while True:
        i = rng.choice(kinds[rng.choice(sorted(kinds))])
        entry = json.loads(json.dumps(entries[i]))
        at = entry["request"]["url"].split("management.azure.com")[-1].split("?")[0]
        new = {"log": {**har["log"], "entries": [*entries[:i], entry, *entries[i + 1:]]}}
        if rng.random() < 0.12:
            status = rng.choice((403, 404, 429, 500, 0))
            if status == 0:
                del new["log"]["entries"][i]
                return new, f"not recorded: {at}"
            code = {403: "AuthorizationFailed", 404: "ResourceNotFound", 429: "TooManyRequests", 500: "InternalServerError"}[status]
            entry["response"].update(status=status, content={"mimeType": "application/json", "text": json.dumps({"error": {"code": code, "message": "m"}})})
            return new, f"{status}: {at}"
        try:
            body = json.loads(entry["response"]["content"]["text"])
        except ValueError:
            continue
        what = rng.choice(BODY)(rng, body)
        if what:
            entry["response"]["content"]["text"] = json.dumps(body, ensure_ascii=False)
            return new, f"{what}: in {at}"
