"""Every answer that a collector gets from a tenant, in the order in which it asks, paged as the services page."""
from dataclasses import dataclass
from urllib.parse import quote

import arm_compute as compute
import arm_keys as keys
import arm_rights as rights
from har import digest

ARM = "https://management.azure.com"
VERSION = {
    "groups": "2023-04-01", "subscriptions": "2022-12-01", "clusters": "2026-03-01", "sets": "2025-01-02", "disks": "2025-01-02",
    "machines": "2025-04-01", "vaults": "2026-02-01", "logs": "2021-05-01-preview", "roles": "2022-04-01",
    "policies": "2025-03-01", "exemptions": "2022-07-01-preview",
}
REASON = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


@dataclass
class Answer:
    url: str
    body: object
    status: int = 200
    headers: tuple = ()
    method: str = "GET"

    @property
    def reason(self):
        return REASON[self.status]


def url(path, version):
    """The id percent-encoded segment by segment."""
    return ARM + "/".join(quote(s, safe="") for s in path.split("/")) + "?api-version=" + VERSION[version]


def refusal(status, code, message):
    return status, {"error": {"code": code, "message": message}}


def listed(path, version, rows, size=0, after="", empty_first=False, empty_last=False, next_key="nextLink"):
    """A list in pages of `size` (0: one page). The token of a page is opaque, as the services' are."""
    pages, page = [], []
    if empty_first:
        pages.append([])
    for row in rows:
        page.append(row)
        if size and len(page) == size:
            pages.append(page)
            page = []
    if page or not pages or pages == [[]]:
        pages.append(page)
    if empty_last:
        pages.append([])
    here = url(path, version)
    for n, page in enumerate(pages):
        body, there = {"value": page}, None
        if n + 1 < len(pages):
            token = digest("page", path, n)[:40]
            there = f"{url(path, version)}&%24{after or 'skiptoken'}={token}"
            if after == "skipToken": # AKS writes it twice
                there += f"&skipToken={token}"
            body[next_key] = there
        yield Answer(here, body)
        here = there


def group_of(id):
    parts = id.lower().split("/")
    return parts[4] if len(parts) > 4 and parts[3] == "resourcegroups" else ""


class Answers:
    """answers = Answers(tenant); for a in answers.all(): ..."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.guids = {r["name"]: r["guid"] for r in tenant.roles}
        self.in_use = None

    def uses(self, url):
        """Does a disk encryption set or a cluster name this version of a key?"""
        if self.in_use is None:
            self.in_use = set()
            for s in map(self.tenant.load, self.tenant.roster):
                self.in_use.update(x.key_url.lower() for x in s.sets)
                self.in_use.update(c.kms_key.lower() for c in s.clusters)
        return url.lower() in self.in_use

    def all(self):
        t = self.tenant
        top = t.groups if t.root else []
        yield from listed("/providers/Microsoft.Management/managementGroups", "groups", [rights.group(t.id, g) for g in top])
        for name, _, _ in top: # of those that the reader sees the collector asks for each: the root of the tenant is not among them
            yield from listed(rights.MG + name + "/descendants", "groups", rights.descendants(t.groups, t.roster, name), size=200)
        yield from listed("/subscriptions", "subscriptions", [rights.subscription(t.id, s) for s in t.roster], size=100)
        sets, definitions = {}, set()
        for head in t.roster:
            s = t.load(head)
            for a in self.one_subscription(s):
                yield from self.throttle(a)
            for a in s.assignments + t.assignments:
                if "/policysetdefinitions/" in a.definition.lower():
                    sets[a.definition] = t.sets[a.definition]
                else:
                    definitions.add(a.definition.lower().rsplit("/", 1)[1])
        for id, body in sorted(sets.items()):
            if id.startswith(rights.MG) and not t.root:
                yield self.denied(url(id, "policies"), "Microsoft.Authorization/policySetDefinitions/read", id)
                continue
            yield Answer(url(id, "policies"), body)
            definitions |= {m["policyDefinitionId"].rsplit("/", 1)[1] for m in body["properties"]["policyDefinitions"]}
        for id, body in sorted(t.definitions.items()):
            if id.rsplit("/", 1)[1] in definitions:
                yield Answer(url(id, "policies"), body)

    def throttle(self, a):
        path = a.url.split("?")[0]
        if any(path.endswith(x) for x in self.tenant.throttled):
            yield Answer(a.url, {"error": {"code": "Throttled", "message": "The request was throttled. Please try again later."}}, 429,
                         (("Retry-After", "9"),))
        yield a

    def sees(self, s, id):
        return s.id not in self.tenant.only or group_of(id) in self.tenant.only[s.id]

    def filtered(self, s, rows):
        return (r for r in rows if self.sees(s, r["id"]))

    def denied(self, where, action, scope):
        who = self.tenant.principal
        status, body = refusal(403, "AuthorizationFailed", f"The client '{who}' with object id '{who}' does not have authorization to perform "
                               f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
                               "refresh your credentials.")
        return Answer(where, body, status, (("x-ms-failure-cause", "gateway"),))

    def at_subscription(self, s, path, version, action, rows, **paging):
        """A list that needs a right on the subscription itself: with rights on a few groups it is refused."""
        if s.id in self.tenant.only:
            yield self.denied(url(path, version), action, "/subscriptions/" + s.id)
        else:
            yield from listed(path, version, rows, **paging)

    def one_subscription(self, s):
        t, at = self.tenant, "/subscriptions/" + s.id
        yield from listed(at + "/providers/Microsoft.ContainerService/managedClusters", "clusters",
                          self.filtered(s, (compute.cluster(s.id, t.id, c) for c in s.clusters)), after="skipToken",
                          size=100, empty_last=len(s.clusters) > 3)
        yield from listed(at + "/providers/Microsoft.Compute/disks", "disks", self.filtered(s, self.disks(s)), size=100)
        yield from listed(at + "/providers/Microsoft.Compute/diskEncryptionSets", "sets",
                          self.filtered(s, (compute.encryption_set(s.id, t.id, x) for x in s.sets)), size=100)
        yield from listed(at + "/providers/Microsoft.KeyVault/vaults", "vaults",
                          self.filtered(s, (keys.vault(s.id, t.id, v) for v in s.vaults if not v.hsm)), size=50,
                          empty_first=len(s.vaults) > 2)
        yield from self.at_subscription(s, at + "/providers/Microsoft.KeyVault/deletedVaults", "vaults",
                                        "Microsoft.KeyVault/deletedVaults/read", [keys.deleted_vault(s.id, d) for d in s.deleted])
        yield from listed(at + "/providers/Microsoft.KeyVault/managedHSMs", "vaults",
                          self.filtered(s, (keys.managed_hsm(s.id, t.id, v) for v in s.vaults if v.hsm)))
        yield from self.at_subscription(s, at + rights.AUTH + "policyAssignments", "policies", "Microsoft.Authorization/policyAssignments/read",
                                        [rights.policy_assignment(a) for a in t.assignments + s.assignments])
        yield from self.at_subscription(s, at + rights.AUTH + "policyExemptions", "exemptions", "Microsoft.Authorization/policyExemptions/read",
                                        [rights.policy_exemption(x) for x in t.exemptions + s.exemptions])
        yield from self.at_subscription(s, at + rights.AUTH + "roleAssignments", "roles", "Microsoft.Authorization/roleAssignments/read",
                                        [rights.role_assignment(s.id, self.guids, r) for r in t.rights + s.rights], size=1000)
        yield from self.at_subscription(s, at + rights.AUTH + "roleDefinitions", "roles", "Microsoft.Authorization/roleDefinitions/read",
                                        [rights.role_definition(s.id, r) for r in t.roles])
        yield from self.nodes(s)
        yield from self.gone_sets(s)
        yield from self.used_keys(s)

    def disks(self, s):
        for c in s.clusters:
            yield from compute.cluster_disks(s.id, c)
        for m in s.machines:
            yield from compute.machine_disks(s.id, m)

    def nodes(self, s):
        for c in s.clusters:
            if not self.sees(s, compute.cluster_id(s.id, c)):
                continue
            at = f"/subscriptions/{s.id}/resourceGroups/{compute.node_group(c)}/providers/Microsoft.Compute/"
            rows = [compute.scale_set(s.id, c, p, 0 if c.stopped else p.count) for p in c.pools if p.kind == "VirtualMachineScaleSets"]
            yield from listed(at + "virtualMachineScaleSets", "machines", rows)
            rows = [compute.machine(s.id, c, p, i) for p in c.pools if p.kind == "VirtualMachines" for i in range(0 if c.stopped else p.count)]
            yield from listed(at + "virtualMachines", "machines", rows)

    def gone_sets(self, s):
        there = {compute.set_id(s.id, x).lower() for x in s.sets}
        for id in sorted({c.des for c in s.clusters if c.des and c.des.lower() not in there}):
            name, group = id.rsplit("/", 1)[1], id.split("/")[4]
            status, body = refusal(404, "ResourceNotFound", f"The Resource 'Microsoft.Compute/diskEncryptionSets/{name}' under resource group "
                                   f"'{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix")
            yield Answer(url(id, "sets"), body, status, (("x-ms-failure-cause", "gateway"),))

    def used_keys(self, s):
        for v in s.vaults:
            id = keys.vault_id(s.id, v)
            if not v.keys or not self.sees(s, id):
                continue
            yield from listed(id + "/providers/Microsoft.Insights/diagnosticSettings", "logs",
                              [keys.diagnostic_setting(s.id, v, row) for row in v.logs])
            for k in v.keys:
                if v.keys_refused:
                    status, body = refusal(*v.keys_refused)
                    yield Answer(url(f"{id}/keys/{k.name}", "vaults"), body, status)
                    yield Answer(url(f"{id}/keys/{k.name}/versions", "vaults"), body, status)
                    continue
                yield Answer(url(f"{id}/keys/{k.name}", "vaults"), keys.key(s.id, v, k))
                yield from listed(f"{id}/keys/{k.name}/versions", "vaults", keys.key_versions(s.id, v, k), size=25)
                for one in k.versions[:-1]:
                    if self.uses(keys.key_url(v, k.name, one.id)):
                        yield Answer(url(f"{id}/keys/{k.name}/versions/{one.id}", "vaults"), keys.old_version(s.id, v, k, one))
