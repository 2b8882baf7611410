"""Who may, who watches, and was everything seen. From controls.md 26, 34, 37, azure.md 3, 4, 10 and contracts.md (visibility)."""
import calendar
import fnmatch
import json
import re
import time

from disks import empty, population
from estate import ABSENT, FAIL, NA, NOT, PASS, get, key, key_url, rows, texts, under
from keys import population as set_population

NEEDED = {"microsoft.keyvault/vaults/keys/" + op for op in ("read", "wrap/action", "unwrap/action")}
VERBS = {"get", "wrapkey", "unwrapkey"}
# Data rights on a vault beyond the three, one of each kind, to hold patterns against.
DATA = NEEDED | {"microsoft.keyvault/vaults/" + op for op in (
    "keys/encrypt/action", "keys/decrypt/action", "keys/sign/action", "keys/verify/action", "keys/create/action", "keys/import/action", "keys/update/action",
    "keys/delete", "keys/purge/action", "keys/backup/action", "keys/restore/action", "keys/recover/action", "keys/rotate/action", "keys/release/action",
    "keyrotationpolicies/read", "keyrotationpolicies/write", "secrets/getsecret/action", "secrets/setsecret/action", "secrets/delete", "secrets/readmetadata/action",
    "certificates/read", "certificates/create/action", "certificates/delete")}
GIVING = {"microsoft.authorization/roleassignments/write", "microsoft.keyvault/vaults/write", "microsoft.keyvault/vaults/accesspolicies/write"}
# What a collection reads, as azure.md section 10 lists it.
READS = [r.lower() + "/read" for r in (
    "Microsoft.Resources/subscriptions", "Microsoft.ContainerService/managedClusters", "Microsoft.Compute/diskEncryptionSets", "Microsoft.Compute/disks",
    "Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Compute/virtualMachines", "Microsoft.KeyVault/vaults", "Microsoft.KeyVault/vaults/keys",
    "Microsoft.KeyVault/vaults/keys/versions", "Microsoft.KeyVault/deletedVaults", "Microsoft.KeyVault/managedHSMs", "Microsoft.Insights/diagnosticSettings",
    "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/policyAssignments",
    "Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions", "Microsoft.Authorization/policyExemptions")]
AKS_CMK = "7d7be79c-23ba-4033-84dd-45e2a5ccdd67"


def guid(id_):
    return key(id_).rsplit("/", 1)[-1] if isinstance(id_, str) else None


def glob(pattern, op):
    return fnmatch.fnmatchcase(op, pattern.lower().replace("[", "[[]").replace("?", "[?]"))


def allows(role, op, kind="actions"):
    """In one block: what an action gives and no notAction takes off again."""
    off = "not" + kind[0].upper() + kind[1:]
    return any(any(glob(a, op) for a in texts(get(p, kind, []))) and not any(glob(a, op) for a in texts(get(p, off, [])))
               for p in rows(get(role, "properties.permissions", [])))


def roles(e):
    wrong = {guid(i) for i in e.contradicted("role_definition")}
    out = {}
    for i, r in e.listed("role_definition").items():
        told = out.setdefault(guid(i), r)
        if told is not None and json.dumps(get(told, "properties.permissions", None), sort_keys=True) != json.dumps(get(r, "properties.permissions", None), sort_keys=True):
            out[guid(i)] = None
    return {g: None if g in wrong else r for g, r in out.items()}


def principals(b):
    """The object ids of a set; None among them where one is not told."""
    out = [get(b, "identity.principalId")] if "systemassigned" in str(get(b, "identity.type", "")).lower() else []
    mine = get(b, "identity.userAssignedIdentities", {})
    out += [get(v, "principalId") for v in mine.values()] if isinstance(mine, dict) else [ABSENT]
    return [key(p) if isinstance(p, str) else None for p in out] or [None]


def grants(e, who, role_of):
    """(assignment, role) of a principal, wherever it is; the role is None where its definition was not read."""
    wrong = e.contradicted("role_assignment")
    for i, a in e.listed("role_assignment").items():
        if i in wrong or key(str(get(a, "properties.principalId", ""))) == who:
            yield a, None if i in wrong else role_of.get(guid(get(a, "properties.roleDefinitionId")))


def identity(e, i, b, role_of):
    at = key_url(get(b, "properties.activeKey.keyUrl"))
    who = principals(b)
    if get(b, "identity.type") in (ABSENT, "None"):
        return FAIL
    found = at is not None and at[0] in e.stores
    vault, item, is_hsm = e.stores[at[0]] if found else ("", {}, False)
    own = f"{vault}/keys/{at[1]}" if found else ""
    rbac = get(item, "properties.enableRbacAuthorization") is True
    seen = {v[0] for v in e.stores.values()}
    unsure = not all(e.roles_whole(s) and e.whole("vault", s) for s in e.subs()) or not found or None in who
    status = PASS
    for p in filter(None, who):
        have = set()
        for a, role in grants(e, p, role_of):
            scope = get(a, "properties.scope")
            if role is None or not isinstance(scope, str):
                unsure = True
                continue
            data = {op for op in DATA if allows(role, op, "dataActions")}
            other = [t for x in rows(get(role, "properties.permissions", [])) for t in texts(get(x, "dataActions", [])) if not any(glob(t, op) for op in DATA)]
            here = found and key(scope) in (vault, own)
            place = key(scope).split("/keys/")[0]
            perhaps = not found and "/providers/microsoft.keyvault/vaults/" in place and place not in seen  # its own, out of sight
            unsure = unsure or perhaps
            if here and rbac:
                have |= data & NEEDED
            if data - NEEDED or data and not here and not perhaps or other or any(allows(role, op) for op in GIVING):
                status = FAIL
        for host, (vid, v, h) in e.stores.items():
            if h or get(v, "properties.enableRbacAuthorization") is True:
                continue
            for entry in rows(get(v, "properties.accessPolicies", [])):
                if key(str(get(entry, "objectId", ""))) != p:
                    continue
                verbs = {t.lower() for t in texts(get(entry, "permissions.keys", []))}
                more = texts(get(entry, "permissions.secrets", [])) + texts(get(entry, "permissions.certificates", []))
                if at and host == at[0]:
                    have |= {n for n, t in zip(sorted(NEEDED), ("get", "unwrapkey", "wrapkey")) if t in verbs or "all" in verbs}
                if verbs - VERBS or more or not (at and host == at[0]) and verbs:
                    status = FAIL
        if found and not is_hsm and status == PASS and have != NEEDED:
            status = NOT if unsure else FAIL
    return NOT if status == PASS and (unsure or is_hsm) else status


def des_identity_least_privilege(e):
    out, role_of = set_population(e), roles(e)
    for i, b in e.set_body.items():
        out[i] = (NA if e.gone(i) else NOT) if b is None else identity(e, i, b, role_of)
    return out


def seconds(text):
    m = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|\+00:00)?$", text) if isinstance(text, str) else None
    return calendar.timegm(time.strptime(m.group(1), "%Y-%m-%dT%H:%M:%S")) if m else None


def effect(e, assignment, member, set_body):
    """override, else the assignment's parameter, else the default; None: cannot be told."""
    for o in rows(get(assignment, "properties.overrides", [])):
        if str(get(o, "kind", "")).lower() == "policyeffect":
            return None if rows(get(o, "selectors", [])) else get(o, "value", None)
    given = get(assignment, "properties.parameters", {})
    value = get(given, "effect.value")
    if member is not None:
        value = get(member, "parameters.effect.value")
        m = re.fullmatch(r"\[parameters\('([^']+)'\)\]", value) if isinstance(value, str) else None
        if m:
            named = {k.lower(): v for k, v in given.items()} if isinstance(given, dict) else {}
            defaults = {k.lower(): v for k, v in get(set_body, "properties.parameters", {}).items()}
            value = get(named.get(m.group(1).lower()), "value")
            if value is ABSENT:
                value = get(defaults.get(m.group(1).lower()), "defaultValue")
            if value is ABSENT:
                return None
    if value is ABSENT:
        body = next((b for at, _, b in e.answers.get("policy_definition", []) if guid(at) == AKS_CMK), None)
        value = get(body, "properties.parameters.effect.defaultValue")
    return value if isinstance(value, str) else None


def exempt(e, sub, cid, assignment_id, reference):
    """True, False, or None where an exemption does not tell what it is for."""
    unclear = False
    for i, x in e.listed("policy_exemption", sub).items():
        scope = i.split("/providers/microsoft.authorization/policyexemptions/")[0]
        named = get(x, "properties.policyDefinitionReferenceIds", [])
        refs = texts(named)
        if key(str(get(x, "properties.policyAssignmentId", ""))) != assignment_id or not under(scope, cid):
            continue
        if not isinstance(named, list):
            unclear = True
            continue
        if refs and (reference is None or key(reference) not in map(key, refs)):
            continue
        ends = get(x, "properties.expiresOn")
        if ends is ABSENT or seconds(ends) is None or seconds(ends) > e.now:
            return True
    return None if unclear else False


def out_of_force(a, cid):
    return get(a, "properties.enforcementMode", "Default") != "Default" or any(under(s, cid) for s in texts(get(a, "properties.notScopes", [])))


def watched(e, sub, cid):
    found, wrong = [], e.contradicted("policy_assignment")
    own = e.listed("policy_assignment", sub)
    for aid, a in e.listed("policy_assignment").items():
        group = aid.split("/providers/microsoft.authorization/policyassignments/")[0]
        if aid not in own and sub not in e.listed("mg_descendant", group):
            continue
        if aid in wrong:
            found.append(NOT)
            continue
        policy, scope = get(a, "properties.policyDefinitionId"), get(a, "properties.scope", aid.split("/providers/microsoft.authorization/policyassignments/")[0])
        if not isinstance(policy, str) or not isinstance(scope, str):
            found.append(NOT)
            continue
        if not under(scope, cid):
            continue
        if out_of_force(a, cid):  # whatever it assigns
            found.append(FAIL)
            continue
        members, body = [None], None
        if "/policysetdefinitions/" in key(policy):
            body = e.single("policy_set", policy)
            if body is None:
                found.append(NOT)
                continue
            if not isinstance(get(body, "properties.policyDefinitions"), list) or not all(isinstance(get(m, "policyDefinitionId"), str) for m in rows(get(body, "properties.policyDefinitions", []))):
                found.append(NOT)
            members = [m for m in rows(get(body, "properties.policyDefinitions", [])) if guid(get(m, "policyDefinitionId")) == AKS_CMK]
        elif guid(policy) != AKS_CMK:
            continue
        for m in members:
            found.append(counts(e, sub, cid, (aid, a), m, body))
    return found


def counts(e, sub, cid, assignment, member, body):
    aid, a = assignment
    skipped = get(a, "properties.notScopes", [])
    what = effect(e, a, member, body)
    if isinstance(what, str) and what.lower() == "disabled":
        return FAIL
    reference = get(member, "policyDefinitionReferenceId") if member is not None else ABSENT
    exempted = exempt(e, sub, cid, aid, reference if isinstance(reference, str) else None)
    if exempted is not False:
        return FAIL if exempted else NOT
    if not isinstance(skipped, list) or len(texts(skipped)) < len(skipped) or rows(get(a, "properties.resourceSelectors", [])):
        return NOT
    return PASS if isinstance(what, str) and what.lower() in ("audit", "deny") and e.whole("policy_exemption", sub) else NOT


def policy_cmk_enforced(e):
    out = {**population(e, "aks_cluster"), **empty(e, e.clusters, "aks_cluster")}
    for cid in e.clusters:
        sub = "/".join(cid.split("/")[:3])
        found = watched(e, sub, cid)
        out[cid] = NOT if not e.whole("policy_assignment", sub) else PASS if PASS in found else NOT if NOT in found else FAIL
    return out


def collection_complete(e):
    out, role_of = {}, roles(e)
    for _, _, body in e.answers.get("mg_descendant", []):  # what a roster names and the caller does not see
        out.update({"/subscriptions/" + key(i["name"]): NOT for i in rows(body.get("value")) if key(str(i.get("type"))).endswith("/subscriptions") and isinstance(i.get("name"), str)})
    tenant = any(g[2] == "" for g in e.gaps)
    for s in e.subs():
        seen = s in e.listed("subscription") and e.roles_whole(s) and e.principal
        mine = []
        for a in e.listed("role_assignment", s).values():
            scope = get(a, "properties.scope")
            if seen and key(str(get(a, "properties.principalId", ""))) == key(e.principal) and isinstance(scope, str) and under(scope, s):
                mine.append(role_of.get(guid(get(a, "properties.roleDefinitionId"))))
        proven = seen and all(any(r and allows(r, op) for r in mine) for op in READS)
        lost = any(u[0] not in e.stores and u[3].startswith(s + "/") for u in e.uses)
        out[s] = PASS if proven and not tenant and not lost and not any(key(g[2]) == s for g in e.gaps) else NOT
    return out


CHECKS = {"des-identity-least-privilege": des_identity_least_privilege, "policy-cmk-enforced": policy_cmk_enforced, "collection-complete": collection_complete}
