"""A snapshot, read a second time: the raw answers out of the SQLite Archive, nothing from keycustody's own tables of facts.
What was not read to its end is asked of `whole`, never assumed."""
import calendar
import datetime
import json
import re
import sqlite3
import zlib

PASS, FAIL, NA, NOT = "pass", "fail", "not-applicable", "not-assessed"
ABSENT = object()
# What is asked of an assignment or a role; the rest of it may be told as it likes.
ASKED = ("policyDefinitionId", "scope", "notScopes", "parameters", "enforcementMode", "overrides", "resourceSelectors", "permissions", "principalId", "roleDefinitionId", "condition")
# Words of azure.md section 6: the last labels of a vault's host, by kind.
VAULTS = (".vault.azure.net", ".vault.usgovcloudapi.net", ".vault.azure.cn")
HSMS = (".managedhsm.azure.net", ".managedhsm.usgovcloudapi.net", ".managedhsm.azure.cn")


def key(text):
    """Ids are the same in any letter case, of any script."""
    return "".join(c.casefold() if len(c.casefold()) == 1 else c for c in text).rstrip("/")


def get(value, path, default=ABSENT):
    """A member by its dotted path; JSON null is as absent."""
    for name in path.split("."):
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return default if value is ABSENT or value is None else value


def rows(value):
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def texts(value):
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def switch(value):
    """True, False (absent is false: azure.md), or None where it is no boolean."""
    return False if value is ABSENT else value if isinstance(value, bool) else None


def arm_id(value):
    return value if isinstance(value, str) and re.match(r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/[^/]+(/[^/]+/[^/]+)+/?$", value, re.I) else None


def group_of(id_):
    m = re.match(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)(/|$)", key(id_))
    return m.group(1) if m else None


def under(scope, id_):
    """Does the scope reach the object? By whole segments; management groups reach what is listed below them."""
    scope, id_ = key(scope), key(id_)
    return scope == "" or scope.startswith("/providers/microsoft.management/managementgroups/") and scope.count("/") == 4 or id_ == scope or id_.startswith(scope + "/")


def duration(text):
    """(months, seconds) of an ISO 8601 duration; None for what is none."""
    m = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text) if isinstance(text, str) else None
    if not m or text == "P" or text.endswith("T"):
        return None
    y, mo, w, d, _, h, mi, s = (int(g) if g and g[0] != "T" else 0 for g in m.groups())
    return y * 12 + mo, ((w * 7 + d) * 24 + h) * 3600 + mi * 60 + s


def later(epoch, span, sign=1):
    """The epoch second that lies a duration later, by the calendar."""
    t = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=epoch)
    months = t.year * 12 + t.month - 1 + sign * span[0]
    year, month = divmod(months, 12)
    t = t.replace(year=year, month=month + 1, day=min(t.day, calendar.monthrange(year, month + 1)[1]))
    return calendar.timegm(t.timetuple()) + sign * span[1]


def shapely(answer):
    """A key's answer with a list or an object where one belongs; else it is not one that can be read."""
    p = get(answer, "properties", answer)
    return all(isinstance(get(p, m, []), list) for m in ("keyOps", "rotationPolicy.lifetimeActions")) and all(
        isinstance(get(p, m, {}), dict) for m in ("attributes", "rotationPolicy", "rotationPolicy.attributes"))


def key_url(text):
    """(host, name, version or None) of a key's URL: azure.md 1.3."""
    m = re.fullmatch(r"https://([^/:]+)(?::443)?/keys/([^/]+)(?:/([^/]+))?/?", text, re.I) if isinstance(text, str) else None
    return (m.group(1).lower(), m.group(2).lower(), m.group(3).lower() if m.group(3) else None) if m else None


class Estate:
    def __init__(self, path, policy):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.policy = policy
        at = self.db.execute("SELECT taken_at, principal_id FROM snapshot").fetchone()
        self.now = calendar.timegm(datetime.datetime.strptime(at[0], "%Y-%m-%dT%H:%M:%SZ").timetuple())
        self.principal = at[1]
        self.scope = [r[0] for r in self.db.execute("SELECT subscription_id FROM scope ORDER BY 1")]
        self.answers, self.state = {}, {}
        for resource, subject, complete, status in self.db.execute("SELECT resource, subject, complete, status FROM listing"):
            self.state[resource, key(subject)] = (complete == 1 and status == 200, status)
        for resource, subject, status, usable, version, sha in self.db.execute(
                "SELECT resource, subject, status, usable, api_version, sha256 FROM exchange ORDER BY n"):
            if usable and status == 200:
                self.answers.setdefault(resource, []).append((key(subject), version, self.body(sha)))
        self.gaps = self.db.execute("SELECT resource, subject, scope, code FROM gap").fetchall()
        self.people()

    def body(self, sha):
        data, size = self.db.execute("SELECT data, sz FROM sqlar WHERE name = 'answers/' || ?", (sha,)).fetchone()
        return json.loads((data if len(data) == size else zlib.decompress(data)).decode("utf-8-sig"))

    def whole(self, resource, subject):
        return self.state.get((resource, key(subject)), (False, None))[0]

    def roles_whole(self, subject):
        """Whoever reads the list of role assignments holds one of them, so a list without any cannot be whole."""
        return self.whole("role_assignment", subject) and self.listed("role_assignment", subject) and self.whole("role_definition", subject)

    def contradicted(self, resource):
        """Ids that two lists tell differently; what holds cannot be said then."""
        seen, out = {}, set()
        for _, _, body in self.answers.get(resource, []):
            for item in rows(body.get("value")) if isinstance(body, dict) else ():
                told = json.dumps([get(item, "properties." + m, None) for m in ASKED], sort_keys=True)
                if isinstance(item.get("id"), str) and seen.setdefault(key(item["id"]), told) != told:
                    out.add(key(item["id"]))
        return out

    def refused(self, resource, subject):
        """The HTTP status of what was asked for and not had; None where nothing was asked."""
        return self.state.get((resource, key(subject)), (False, None))[1]

    def listed(self, resource, subject=None):
        """Items of a list, each once: a second mention adds nothing."""
        out = {}
        for at, _, body in self.answers.get(resource, []):
            if subject is None or at == key(subject):
                for item in rows(body.get("value")) if isinstance(body, dict) else ():
                    if isinstance(item.get("id"), str):
                        out.setdefault(key(item["id"]), item)
        return out

    def single(self, resource, subject):
        return next((b for at, _, b in self.answers.get(resource, []) if at == key(subject) and isinstance(b, dict)), None)

    def subs(self):
        return ["/subscriptions/" + s for s in self.scope]

    def people(self):
        """Who belongs to whom: clusters, node groups, machines, disks, sets, keys, vaults."""
        self.clusters = self.listed("aks_cluster")
        self.node_groups = {}
        for cid, c in self.clusters.items():
            group = get(c, "properties.nodeResourceGroup")
            if isinstance(group, str) and group:
                self.node_groups["/".join(cid.split("/")[:3]) + "/resourcegroups/" + key(group)] = cid
        self.scale_sets = {i: v for i, v in self.listed("scale_set").items() if group_of(i) in self.node_groups}
        self.machines = {i: v for i, v in self.listed("virtual_machine").items() if group_of(i) in self.node_groups}
        self.disks = {i: d for i, d in self.listed("disk").items() if self.disk_counts(i, d)}
        self.sets, self.unnamed = {}, set()  # id -> named by; what names something that is no set
        for cid, c in self.clusters.items():
            self.name_set(get(c, "properties.diskEncryptionSetID"), cid)
        for i, v in self.scale_sets.items():
            storage = get(v, "properties.virtualMachineProfile.storageProfile")
            for s in disk_sets(get(storage, "osDisk"), get(storage, "dataDisks")):
                self.name_set(s, i)
        for i, v in self.machines.items():
            storage = get(v, "properties.storageProfile")
            for s in disk_sets(get(storage, "osDisk"), get(storage, "dataDisks")):
                self.name_set(s, i)
        for i, d in self.disks.items():
            for path in ("properties.encryption.diskEncryptionSetId", "properties.securityProfile.secureVMDiskEncryptionSetId"):
                self.name_set(get(d, path), i)
        known = {**{i: self.single("disk_encryption_set", i) for i in self.sets}, **self.listed("disk_encryption_set_list")}
        self.set_body = {i: known.get(i) if isinstance(get(known.get(i), "properties.activeKey", {}), dict) else None for i in self.sets}
        self.stores = {}  # host -> (id, item, is HSM)
        for resource, member, hsm in (("vault", "vaultUri", False), ("managed_hsm", "hsmUri", True)):
            for i, v in self.listed(resource).items():
                m = re.fullmatch(r"https://([^/:]+)(?::443)?/?", str(get(v, "properties." + member, "")), re.I)
                if m and isinstance(get(v, "properties.accessPolicies", []), list):
                    self.stores[m.group(1).lower()] = (i, v, hsm)
        self.uses = []  # (host, name, version or None, user, kind)
        for i, b in self.set_body.items():
            at = key_url(get(b or {}, "properties.activeKey.keyUrl"))
            if at:
                self.uses.append((*at, i, "des"))
        for cid, c in self.clusters.items():
            at = key_url(get(c, "properties.securityProfile.azureKeyVaultKms.keyId"))
            if at and get(c, "properties.securityProfile.azureKeyVaultKms.enabled") is True:
                self.uses.append((*at, cid, "etcd"))

    def disk_counts(self, i, d):
        tags = d.get("tags") if isinstance(d.get("tags"), dict) else {}
        held = [get(d, "managedBy"), *texts(d.get("managedByExtended"))]
        return (group_of(i) in self.node_groups
                or any(isinstance(m, str) and group_of(m) in self.node_groups for m in held)
                or any(key(t).startswith("kubernetes.io-created-for-pv") for t in tags)
                or any(key(t) in ("k8s-azure-created-by", "created-by") and v == "kubernetes-azure-dd" for t, v in tags.items()))

    def name_set(self, id_, by):
        if arm_id(id_) and "/microsoft.compute/diskencryptionsets/" in key(id_):
            self.sets.setdefault(key(id_), []).append(by)
        elif id_ is not ABSENT and id_ != "":
            self.unnamed.add(by)

    def gone(self, id_):
        """404 says that a set is not there only where the sets of its subscription could be listed."""
        return self.refused("disk_encryption_set", id_) == 404 and self.whole("disk_encryption_set_list", "/".join(id_.split("/")[:3]))

    def deleted(self, host):
        """Is a vault of this name among the deleted ones?"""
        return any(key(str(v.get("name"))) == host.split(".")[0] for v in self.listed("deleted_vault").values())

    def unread(self, *resources):
        """Scopes whose list of any of these was not read to the end: subscriptions, for machines their groups too."""
        out = set()
        for s in self.subs():
            for r in resources:
                if r not in ("scale_set", "virtual_machine") and not self.whole(r, s):
                    out.add(s)
        for r in ("scale_set", "virtual_machine"):
            if r in resources:
                out |= {g for g in self.node_groups if not self.whole(r, g)}
        return out


def disk_sets(os_disk, data_disks):
    out = []
    for d in [os_disk if isinstance(os_disk, dict) else {}, *rows(data_disks)]:
        out += [get(d, "managedDisk.diskEncryptionSet.id"), get(d, "managedDisk.securityProfile.diskEncryptionSet.id")]
    return [o for o in out if o is not ABSENT]
