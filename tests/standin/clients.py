#!/usr/bin/python3
"""clients.py FACTS.db: what Azure's own clients read from the stand-in, held against facts.db of a pack that was
collected from it. Debian's azure-cli (signed in by the caller) for what it can read, the SDK for the rest. Ids compare
as Azure compares them. Prints what differs; exit 1 then."""
import json
import os
import sqlite3
import subprocess
import sys
import time

from azure.core.credentials import AccessToken
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient

URL = os.environ["STANDIN_URL"]
facts = sqlite3.connect(sys.argv[1])
facts.row_factory = sqlite3.Row
compared, wrong = {}, []


def az(*words):
    done = subprocess.run(["az", *words, "--output", "json", "--only-show-errors"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"FAILED: az {' '.join(words)}: {done.stderr.strip()}")
    return json.loads(done.stdout or "[]")


def key(text):
    return (text or "").casefold().rstrip("/")


def rows(sql, *values):
    return facts.execute(sql, values).fetchall()


def same(what, theirs, ours):
    """Both {id: fields}: the same ids, and the same fields of each."""
    theirs = {key(k): v for k, v in theirs.items()}
    ours = {key(k): v for k, v in ours.items()}
    compared[what] = compared.get(what, 0) + len(theirs)
    for k in sorted(set(theirs) ^ set(ours)):
        wrong.append(f"{what}: only {'the client' if k in theirs else 'keycustody'} read {k}")
    for k in sorted(set(theirs) & set(ours)):
        if theirs[k] != ours[k]:
            wrong.append(f"{what}: {k}: the client read {theirs[k]}, keycustody {ours[k]}")


def flag(value):
    return 1 if value else 0


def group(resource_id):
    return resource_id.split("/")[4]


def read_clusters(subscription):
    def fields(c):
        kms = ((c.get("securityProfile") or {}).get("azureKeyVaultKms")) or {}
        return (key(c["diskEncryptionSetId"]), key(c["nodeResourceGroup"]), c["provisioningState"], flag(kms.get("enabled")))

    clusters = az("aks", "list", "--subscription", subscription)
    ours = {r["id"]: (key(r["des_id"]), key(r["node_rg"]), r["provisioning_state"], r["kms_enabled"])
            for r in rows("SELECT * FROM aks_cluster WHERE subscription_id = ?", subscription)}
    same("az aks list", {c["id"]: fields(c) for c in clusters}, ours)
    if clusters:
        shown = az("aks", "show", "--subscription", subscription, "-g", group(clusters[0]["id"]), "-n", clusters[0]["name"])
        same("az aks show", {shown["id"]: fields(shown)}, {k: v for k, v in ours.items() if key(k) == key(shown["id"])})
    for c in clusters:
        pools = az("aks", "nodepool", "list", "--subscription", subscription, "-g", group(c["id"]), "--cluster-name", c["name"])
        same("az aks nodepool list",
             {p["id"]: (p["name"], p["mode"], p["osType"], p["osDiskType"], flag(p["enableEncryptionAtHost"]), p["count"])
              for p in pools},
             {r["id"]: (r["name"], r["mode"], r["os_type"], r["os_disk_type"], r["encryption_at_host"], r["node_count"])
              for r in rows("SELECT * FROM node_pool WHERE cluster_key = (SELECT id_key FROM aks_cluster WHERE id = ?)",
                            c["id"])})


def read_disks(subscription):
    def encryption(d):
        e = d.get("encryption") or {}
        return (e.get("type") or "", key(e.get("diskEncryptionSetId")), key(d.get("managedBy")), d.get("diskSizeGb"))

    same("az disk list", {d["id"]: encryption(d) for d in az("disk", "list", "--subscription", subscription)},
         {r["id"]: (r["encryption_type"], key(r["des_id"]), key(r["managed_by"]), r["size_gb"])
          for r in rows("SELECT * FROM disk WHERE subscription_id = ?", subscription)})
    same("az disk-encryption-set list",
         {d["id"]: (((d.get("activeKey") or {}).get("keyUrl") or ""), d["encryptionType"],
                    flag(d.get("rotationToLatestKeyVersionEnabled")), (d.get("identity") or {}).get("type"))
          for d in az("disk-encryption-set", "list", "--subscription", subscription)},
         {r["id"]: (r["key_url"], r["encryption_type"], r["auto_rotation"], r["identity_type"])
          for r in rows("SELECT * FROM disk_encryption_set WHERE subscription_id = ?", subscription)})


def read_vaults(subscription):
    listed = az("keyvault", "list", "--subscription", subscription, "--resource-type", "vault")
    ours = rows("SELECT * FROM vault WHERE subscription_id = ?", subscription)
    same("az keyvault list", {v["id"]: v["name"] for v in listed}, {r["id"]: r["name"] for r in ours})
    shown = [az("keyvault", "show", "--subscription", subscription, "-g", group(v["id"]), "-n", v["name"]) for v in listed]
    same("az keyvault show",
         {v["id"]: (v["properties"]["vaultUri"].split("/")[2].lower(), flag(v["properties"]["enablePurgeProtection"]),
                    v["properties"]["softDeleteRetentionInDays"], flag(v["properties"]["enableRbacAuthorization"]),
                    v["properties"]["sku"]["name"].lower()) for v in shown},
         {r["id"]: (r["vault_host"], r["purge_protection"], r["soft_delete_days"], r["rbac"], r["sku"]) for r in ours})
    used = {r[0] for r in rows("SELECT vault_key FROM used_vault")}
    for v in listed:
        if key(v["id"]) not in used:
            continue
        settings = az("monitor", "diagnostic-settings", "list", "--subscription", subscription, "--resource", v["id"])
        settings = settings["value"] if isinstance(settings, dict) else settings
        theirs = {}
        for s in settings:
            theirs[s["id"]] = sorted((key(entry.get("category")), key(entry.get("categoryGroup")), flag(entry["enabled"]))
                                     for entry in s.get("logs") or []) or [("", "", 0)]
        mine = {}
        for r in rows("SELECT * FROM diagnostic_setting WHERE target_key = ?", key(v["id"])):
            mine.setdefault(r["id"], []).append((r["category"], r["category_group"], r["enabled"]))
        same("az monitor diagnostic-settings list", theirs, {k: sorted(m) for k, m in mine.items()})


def read_policy(subscription, seen):
    for a in az("policy", "assignment", "list", "--subscription", subscription, "--disable-scope-strict-match"):
        seen[a["id"]] = (key(a["policyDefinitionId"]), a["enforcementMode"], key(a["scope"]))


class Caller:
    """The token of the signed-in az, for the SDK."""

    def get_token(self, *scopes, **kwargs):
        return AccessToken(az("account", "get-access-token", "--scope", scopes[0])["accessToken"], int(time.time()) + 3000)


def read_by_sdk(subscription, assignments):
    how = {"base_url": URL, "credential_scopes": ["https://management.core.windows.net/.default"]}
    caller = Caller()
    compute = ComputeManagementClient(caller, subscription, **how)
    theirs = {}
    for r in rows("SELECT DISTINCT node_rg FROM aks_cluster WHERE subscription_id = ? AND node_rg <> ''", subscription):
        for s in compute.virtual_machine_scale_sets.list(r["node_rg"]):
            profile = s.virtual_machine_profile
            disk = profile.storage_profile.os_disk
            des = disk.managed_disk.disk_encryption_set if disk.managed_disk else None
            host = profile.security_profile.encryption_at_host if profile.security_profile else None
            theirs[s.id] = (key(des.id if des else ""), flag(disk.diff_disk_settings), flag(host), s.sku.capacity)
    same("SDK scale sets", theirs,
         {r["id"]: (key(r["os_des_id"]), r["ephemeral"], r["encryption_at_host"], r["capacity"])
          for r in rows("SELECT * FROM scale_set WHERE subscription_id = ?", subscription)})
    rights = AuthorizationManagementClient(caller, subscription, **how)
    for a in rights.role_assignments.list_for_subscription():
        assignments[a.id] = (key(a.scope), key(a.role_definition_id).rsplit("/", 1)[-1], key(a.principal_id))
    keys = KeyVaultManagementClient(caller, subscription, **how)
    theirs, versions = {}, {}
    mine = rows("SELECT k.*, p.rotates FROM crypto_key k JOIN key_rotation_policy p ON p.key_key = k.id_key "
                "WHERE k.vault_key IN (SELECT id_key FROM vault WHERE subscription_id = ?)", subscription)
    for r in mine:
        parts = r["id"].split("/")
        one = keys.keys.get(parts[4], parts[8], parts[10])
        actions = one.rotation_policy.lifetime_actions if one.rotation_policy else None
        theirs[one.id] = (one.kty, one.key_size, flag(one.attributes.enabled), one.attributes.expires or 0,
                          one.attributes.created, flag([a for a in actions or [] if a.action.type == "rotate"]))
        for v in keys.keys.list_versions(parts[4], parts[8], parts[10]):
            versions[v.id] = (flag(v.attributes.enabled), v.attributes.expires or 0, v.attributes.created)
    same("SDK vault keys", theirs,
         {r["id"]: (r["kty"], r["bits"], r["enabled"], r["exp"], r["created"], r["rotates"]) for r in mine})
    same("SDK key versions", versions,
         {r["id"]: (r["enabled"], r["exp"], r["created"]) for r in rows(
             "SELECT * FROM key_version WHERE key_key IN (SELECT id_key FROM crypto_key WHERE vault_key IN "
             "(SELECT id_key FROM vault WHERE subscription_id = ?))", subscription)})


def main():
    policies, assignments = {}, {}
    subscriptions = [r["subscription_id"] for r in rows("SELECT * FROM subscription ORDER BY 1")]
    same("az account list", {s["id"]: s["name"] for s in az("account", "list")},
         {r["subscription_id"]: r["display_name"] for r in rows("SELECT * FROM subscription")})
    for s in subscriptions:
        read_clusters(s)
        read_disks(s)
        read_vaults(s)
        read_policy(s, policies)
        read_by_sdk(s, assignments)
    same("az policy assignment list", policies,
         {r["id"]: (key(r["definition_id"]), r["enforcement_mode"], key(r["scope"]))
          for r in rows("SELECT * FROM policy_assignment")})
    same("SDK role assignments", assignments,
         {r["id"]: (r["scope_key"], r["role_guid"], r["principal_id"]) for r in rows("SELECT * FROM role_assignment")})
    for what, n in compared.items():
        print(f"{what}: {n}")
        if not n:
            wrong.append(f"{what}: nothing was compared")
    for w in wrong:
        print(f"FAILED: {w}")
    return 1 if wrong else 0


sys.exit(main())
