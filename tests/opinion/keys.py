"""Disk encryption sets, vaults, keys and their versions. From controls.md 9 to 15, 18 to 23, 30 and azure.md 1.3, 1.6, 1.7, 2, 4."""
import base64

from estate import ABSENT, FAIL, NA, NOT, PASS, duration, get, key, key_url, later, rows, shapely, switch, texts

ORDER = (FAIL, NOT, PASS, NA)


def worst(statuses):
    return min(statuses, key=ORDER.index)


def population(e):
    """What is reached through the lists of clusters, machines and disks is known only when those were read."""
    return {key(s): NOT for s in (*e.unread("aks_cluster", "disk", "scale_set", "virtual_machine"), *e.unnamed)}


def key_population(e):
    out = population(e)
    out.update({i: NOT for i, b in e.set_body.items() if b is None and not e.gone(i)})
    out.update({f"https://{u[0]}": NOT for u in e.uses if u[0] not in e.stores})
    return out


def number(value):
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def both(listed, own):
    """The list and the key's own answer of one version. What they tell differently is told by neither, but for what a list is not
    asked about: kind, size, operations and whether it can be exported."""
    if listed is None:
        return own
    return {k: v if k in ("kty", "ops", "bits", "policy", "exportable") or v == listed[k] and type(v) is type(listed[k]) else "contradiction" for k, v in own.items()}


class Versions:
    """One key: what its own answer and the list of its versions say. ARM first; the vault itself stands in for it."""

    def __init__(self, e, host, name):
        self.id = f"{e.stores[host][0]}/keys/{name}"
        self.e = e
        arm, vault = e.single("crypto_key", self.id), e.single("vault_key", self.id)
        self.gone = arm is None and vault is None and 404 in (e.refused("crypto_key", self.id), e.refused("vault_key", self.id))
        arm, vault = (b if b and shapely(b) else None for b in (arm, vault))
        self.read = arm is not None or vault is not None
        self.body = self.arm(arm) if arm is not None else self.plane(vault) if vault is not None else {}
        self.listed = self.versions("key_version", self.arm) or self.versions("vault_key_version", self.plane)
        self.whole = (e.whole("key_version", self.id) or e.whole("vault_key_version", self.id)) and self.body.get("version") in (None, *self.listed)
        self.all = dict(self.listed)
        if self.body.get("version"):
            self.all[self.body["version"]] = both(self.listed.get(self.body["version"]), self.body)
        for resource, shape in (("vault_used_version", self.plane), ("used_key_version", self.arm)):
            for at, _, body in e.answers.get(resource, []):
                v = shape(body)
                if at.startswith(self.id + "/versions/") and v["version"] and v["version"] != self.body.get("version"):
                    old = self.listed.get(v["version"], {**v, "enabled": ABSENT, "created": ABSENT, "exp": "not listed"})
                    self.all[v["version"]] = {**old, "kty": v["kty"], "ops": v["ops"], "bits": v["bits"], "exportable": v["exportable"]}

    def versions(self, resource, shape):
        items = [shape(i) for at, _, body in self.e.answers.get(resource, []) if at == self.id for i in rows(body.get("value"))]
        return {v["version"]: v for v in items if v["version"]}

    def missing(self):
        """Is a version in use in no list, although the list was read to its end?"""
        return self.whole and any(u[2] and u[2] not in self.listed for _, u in self.used())

    @staticmethod
    def arm(b):
        p = get(b, "properties", {})
        a = get(p, "attributes", {})
        at = key_url(get(p, "keyUriWithVersion"))
        named = str(b.get("name")).lower() if "/versions/" in str(b.get("id")).lower() else None
        return {"version": at[2] if at else named, "kty": get(p, "kty"), "ops": get(p, "keyOps"), "bits": get(p, "keySize"),
                "policy": get(p, "rotationPolicy"), **{n: get(a, n) for n in ("enabled", "nbf", "exp", "created", "exportable")}}

    @staticmethod
    def plane(b):
        k, a = get(b, "key", {}), get(b, "attributes", {})
        at = key_url(get(k, "kid", get(b, "kid")))
        n = get(k, "n")
        bits = int.from_bytes(base64.urlsafe_b64decode(n + "=" * (-len(n) % 4)), "big").bit_length() if isinstance(n, str) else ABSENT
        return {"version": at[2] if at else None, "kty": get(k, "kty"), "ops": get(k, "key_ops"), "bits": bits, "policy": ABSENT,
                **{n: get(a, n) for n in ("enabled", "nbf", "exp", "created", "exportable")}}

    def used(self):
        """The versions that sets and etcd use; one that is not named is the current one, and None where that is not known."""
        mine = [u for u in self.e.uses if u[0] in self.e.stores and f"{self.e.stores[u[0]][0]}/keys/{u[1]}" == self.id]
        return [(self.all.get(u[2] or self.body.get("version"), None if u[2] else self.body), u) for u in mine]


def per_key(e, judge):
    """One row a key: the worst of what is true of its versions in use."""
    out = key_population(e)
    for host, name in sorted({u[:2] for u in e.uses}):
        if host not in e.stores:
            out[f"https://{host}/keys/{name}"] = NOT
            continue
        k = Versions(e, host, name)
        out[k.id] = judge(e, k)
    return out


def versions_judged(judge, current=False):
    def one(e, k):
        used = [v for v, _ in k.used()]
        found = [NOT if not v else judge(e, v, k) for v in (used + [k.body] if current else used)]
        return worst(found if k.read else [NOT, *found])
    return one


def strength(e, v, _):
    kty, bits, ops, exportable = v["kty"], number(v["bits"]), v["ops"], v["exportable"]
    if isinstance(kty, str) and kty.upper() not in ("RSA", "RSA-HSM") or bits is not None and bits < int(e.policy["rsa-bits"][0]) or exportable is True:
        return FAIL
    if isinstance(ops, list) and any(isinstance(o, str) and o.lower() not in ("wrapkey", "unwrapkey") for o in ops):
        return FAIL
    if isinstance(ops, list) and len({o.lower() for o in texts(ops)}) < 2:
        return FAIL  # what cannot both wrap and unwrap is of no use to a disk
    if not isinstance(kty, str) or bits is None or not isinstance(ops, list) or len(texts(ops)) < len(ops) or switch(exportable) is None:
        return NOT
    return PASS


def hsm(e, v, k):
    if not isinstance(v["kty"], str):
        return NOT
    value, adopted = e.policy["hsm-keys"]
    soft = v["kty"].upper() in ("RSA", "EC", "OCT")
    if soft:
        return NA if adopted and value == "false" else FAIL
    return PASS if v["kty"].upper() in ("RSA-HSM", "EC-HSM", "OCT-HSM") else NOT


def usable(e, v, _):
    on, nbf, exp = v["enabled"], v["nbf"], v["exp"]
    if on is False or number(nbf) is not None and nbf > e.now or number(exp) is not None and exp <= later(e.now, duration(e.policy["key-expiry-warning"][0])):
        return FAIL
    return PASS if on is True and (nbf is ABSENT or number(nbf) is not None) and (exp is ABSENT or number(exp) is not None) else NOT


def expiry(e, v, _):
    value, adopted = e.policy["key-expiry-required"]
    if adopted and value == "false":
        return NA
    created, exp = number(v["created"]), number(v["exp"])
    if v["exp"] is ABSENT and v["created"] is not ABSENT:
        return FAIL
    if created is None or exp is None:
        return NOT
    return PASS if exp <= later(created, duration(e.policy["cryptoperiod"][0])) else FAIL


def age(e, v, _):
    created = number(v["created"])
    return NOT if created is None else PASS if e.now <= later(created, duration(e.policy["cryptoperiod"][0])) else FAIL


def key_usable(e):
    def one(e, k):
        return FAIL if k.gone or k.missing() else versions_judged(usable)(e, k)
    return per_key(e, one)


def key_rotation_policy(e):
    def one(e, k):
        if not k.read:
            return NOT
        policy = k.body["policy"]
        other = e.single("vault_key_rotation", k.id)
        if policy is ABSENT and e.single("crypto_key", k.id) is None:
            if other is None:
                return NOT
            policy = other
        if policy is ABSENT:
            return FAIL
        actions = get(policy, "lifetimeActions", [])
        if not isinstance(policy, dict) or not isinstance(actions, list) or len(rows(actions)) < len(actions):
            return NOT
        if not all(isinstance(get(a, m, ""), str) for a in actions for m in ("action.type", "trigger.timeAfterCreate", "trigger.timeBeforeExpiry")):
            return NOT  # one action that cannot be read may be any
        created = number(k.body["created"])
        limit = duration(e.policy["cryptoperiod"][0])
        found = []
        for a in actions:
            kind = get(a, "action.type")
            if not isinstance(kind, str):
                found.append(NOT)
            elif kind.lower() == "rotate":
                found.append(rotation(a, policy, k.body, created, limit))
        return FAIL if not found else PASS if PASS in found else NOT if NOT in found else FAIL
    return per_key(e, one)


def rotation(a, policy, body, created, limit):
    after, before, expires = get(a, "trigger.timeAfterCreate"), get(a, "trigger.timeBeforeExpiry"), get(policy, "attributes.expiryTime")
    if created is None:
        return NOT
    if after is not ABSENT:
        at = duration(after)
        return NOT if at is None else PASS if later(created, at) <= later(created, limit) else FAIL
    if before is ABSENT:
        return NOT
    if expires is ABSENT or body["exp"] is ABSENT:
        return FAIL
    if duration(before) is None or duration(expires) is None or number(body["exp"]) is None:
        return NOT
    return PASS if later(later(created, duration(expires)), duration(before), -1) <= later(created, limit) else FAIL


def des_healthy(e):
    out = population(e)
    for i, b in e.set_body.items():
        out[i] = health(e, i, b)
    return out


def health(e, i, b):
    if b is None:
        return FAIL if e.gone(i) else NOT
    kind, who, state = get(b, "properties.encryptionType"), get(b, "identity.type"), get(b, "properties.provisioningState")
    at = key_url(get(b, "properties.activeKey.keyUrl"))
    other = get(b, "properties.federatedClientId")
    if state in ("Creating", "Updating"):
        return NOT  # neither whole nor broken
    if state is not ABSENT and state != "Succeeded" or who is ABSENT or who == "None" or get(b, "properties.activeKey") is ABSENT:
        return FAIL
    if other not in (ABSENT, "", "None"):
        return FAIL
    if kind not in ("EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformAndCustomerKeys", "ConfidentialVmEncryptedWithCustomerKey"):
        return NOT
    if state is ABSENT or not isinstance(who, str) or not at:
        return NOT
    if at[0] in e.stores:
        return PASS
    return FAIL if e.deleted(at[0]) else NOT


def absent_set(e, i):
    """A set that is not there has nothing to test; one that was refused cannot be told."""
    return NA if e.gone(i) else NOT


def des_auto_rotation(e):
    out = population(e)
    for i, b in e.set_body.items():
        if b is None:
            out[i] = absent_set(e, i)
            continue
        on = switch(get(b, "properties.rotationToLatestKeyVersionEnabled"))
        error = get(b, "properties.autoKeyRotationError")
        out[i] = FAIL if on is False or isinstance(error, dict) else NOT if on is None or error is not ABSENT else PASS
    return out


def des_current_key_version(e):
    out = population(e)
    for i, b in e.set_body.items():
        if b is None:
            out[i] = absent_set(e, i)
            continue
        at = key_url(get(b, "properties.activeKey.keyUrl"))
        if not at or at[0] not in e.stores:
            out[i] = NOT
            continue
        k = Versions(e, *at[:2])
        enabled = {n: v for n, v in k.listed.items() if v["enabled"] is True}
        if not k.whole or at[2] not in k.listed:
            out[i] = NOT
        elif len(k.listed) == 1:
            out[i] = NA
        elif not isinstance(k.all[at[2]]["enabled"], bool) or number(k.all[at[2]]["created"]) is None:
            out[i] = NOT
        elif not enabled or any(number(v["created"]) is None or not isinstance(v["enabled"], bool) for v in k.listed.values()):
            out[i] = NOT
        else:
            newest = max(v["created"] for v in enabled.values())
            grace = duration(e.policy["adoption-grace"][0])
            out[i] = PASS if at[2] in enabled and k.listed[at[2]]["created"] == newest or e.now <= later(newest, grace) else FAIL
    return out


def per_vault(e, judge):
    out = key_population(e)
    for host in sorted({u[0] for u in e.uses}):
        if host in e.stores:
            out[e.stores[host][0]] = judge(*e.stores[host])
    return out


def vault_purge_protection(e):
    return per_vault(e, lambda i, v, h: {None: NOT, True: PASS, False: FAIL}[switch(get(v, "properties.enablePurgeProtection"))])


def vault_soft_delete(e):
    def one(i, v, h):
        on, days = get(v, "properties.enableSoftDelete"), get(v, "properties.softDeleteRetentionInDays", 90)
        if on is False and not h:
            return FAIL
        if number(days) is None or on is not True and not h:  # of a managed HSM it is always on
            return NOT
        return PASS if days >= int(e.policy["soft-delete-days"][0]) else FAIL
    return per_vault(e, one)


def vault_rbac(e):
    return per_vault(e, lambda i, v, h: NA if h else {None: NOT, True: PASS, False: FAIL}[switch(get(v, "properties.enableRbacAuthorization"))])


def vault_audit_log(e):
    def one(i, v, h):
        found = []
        for s in e.listed("diagnostic_setting", i).values():
            p = get(s, "properties", {})
            to = [get(p, n) for n in ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId", "serviceBusRuleId")]
            logs = get(p, "logs", [])
            on = any(get(x, "enabled") is True and (str(get(x, "category", "")).lower() == "auditevent" or str(get(x, "categoryGroup", "")).lower() in ("audit", "alllogs"))
                     for x in rows(logs))
            found.append(on and any(isinstance(t, str) and t for t in to))
        return PASS if any(found) else FAIL if e.whole("diagnostic_setting", i) else NOT
    return per_vault(e, one)


CHECKS = {"des-healthy": des_healthy, "des-auto-rotation": des_auto_rotation, "des-current-key-version": des_current_key_version,
          "vault-purge-protection": vault_purge_protection, "vault-soft-delete": vault_soft_delete, "vault-rbac": vault_rbac,
          "vault-audit-log": vault_audit_log, "key-usable": key_usable, "key-rotation-policy": key_rotation_policy,
          "key-strength": lambda e: per_key(e, versions_judged(strength, True)), "key-hsm": lambda e: per_key(e, versions_judged(hsm, True)),
          "key-expiry": lambda e: per_key(e, versions_judged(expiry)), "key-age": lambda e: per_key(e, versions_judged(age))}
