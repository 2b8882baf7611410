"""The invented tenant of Talbrück Health Payments AG as it stood at the end of July, August and September 2026. What differs
from month to month is written as `month >= 8` and the like beside the thing that changes; README.md tells it as a table."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "tenant"))
import arm_compute as compute
import arm_keys as keys
import roles
from arm_rights import AUTH, MG
from har import digest, guid
from model import (Assignment, Cluster, DeletedVault, Exemption, Key, Machine, Policy, Pool, Right, Set, Subscription, Tenant,
                   Vault, Version, Volume)

CHN, WEU, EUS = "switzerlandnorth", "westeurope", "eastus2"
PAYMENTS, CLINICAL, NONPROD, PLATFORM = (guid("thp", x) for x in ("payments", "clinical", "nonprod", "platform"))
TENANT, READER = guid("thp", "tenant"), guid("thp", "reader")
ADMINS, CUSTODIANS, ENGINEERS, AUDIT_TEAM = (guid("thp group", x) for x in ("admins", "custodians", "engineers", "audit"))
PIPELINE, FORMER_ADMIN = guid("pipeline"), guid("thp user", "former admin")
LOGS = (f"/subscriptions/{PLATFORM}/resourceGroups/rg-thp-monitoring/providers/Microsoft.OperationalInsights/workspaces/log-thp-security")
STORAGE = f"/subscriptions/{NONPROD}/resourceGroups/rg-thp-nonprod-logs/providers/Microsoft.Storage/storageAccounts/stthpnonprodlogs"
BASELINE = MG + "thp" + AUTH + "policySetDefinitions/thp-encryption-baseline"
BENCHMARK = AUTH + "policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
AKS_CMK = AUTH + "policyDefinitions/7d7be79c-23ba-4033-84dd-45e2a5ccdd67"
WRAP = ("wrapKey", "unwrapKey")
ALL_OPS = ("sign", "verify", "wrapKey", "unwrapKey", "encrypt", "decrypt")


def version(key, created, expires="", enabled=True):
    return Version(digest("version", key, created)[:32], created, expires, enabled)


def claims(prefix, namespace, count, gb, des="", **more):
    return [Volume(f"{prefix}-{i}", namespace, gb, des, **more) for i in range(count)]


# ---- vaults and keys

def vaults(month):
    """Name -> Vault."""
    cards = Vault("kv-thp-cards-chn", "rg-thp-cards-keys", CHN, logs=(("audit-to-soc", "workspaceId", LOGS, "audit"),),
                  tags={"environment": "production", "data": "pan"})
    cards.keys = [
        Key("cmk-cards-disk", rotate="P11M", expiry="P1Y", versions=[
            version("cards", "2024-10-05T06:00:09Z", "2025-10-05T06:00:09Z", enabled=False),
            version("cards", "2025-09-04T06:00:12Z", "2026-09-04T06:00:12Z")] + (
                [version("cards", "2026-08-04T06:00:10Z", "2027-08-04T06:00:10Z")] if month >= 8 else [])),
        Key("kms-cards-etcd", rotate="P11M", expiry="P1Y", versions=[
            version("kms-cards", "2025-03-10T09:11:40Z", "2026-03-10T09:11:40Z"),
            version("kms-cards", "2026-02-10T09:12:02Z", "2027-02-10T09:12:02Z")])]
    weu = Vault("kv-thp-cards-weu", "rg-thp-cards-keys-weu", WEU, logs=(("audit-to-soc", "workspaceId", LOGS, "audit"),),
                tags={"environment": "production", "data": "pan"})
    weu.keys = [Key("cmk-cards-disk", rotate="P11M", expiry="P1Y", versions=[
        version("cards-weu", "2024-11-12T06:00:03Z", "2025-11-12T06:00:03Z", enabled=False),
        version("cards-weu", "2025-10-12T06:00:08Z", "2026-10-12T06:00:08Z")] + (
            [version("cards-weu", "2026-09-12T06:00:07Z", "2027-09-12T06:00:07Z")] if month >= 9 else []))]
    pay = Vault("kv-thp-pay-chn", "rg-thp-payments-keys", CHN, logs=(("audit-to-soc", "workspaceId", LOGS, "AuditEvent"),),
                tags={"environment": "production"})
    pay.keys = [
        # made once, never given a policy; from September on it rotates
        Key("cmk-gateway-disk", rotate="P11M" if month >= 9 else "", expiry="P1Y" if month >= 9 else "", versions=[
            version("gateway", "2024-09-30T13:22:51Z"), version("gateway", "2025-11-18T08:03:17Z")] + (
                [version("gateway", "2026-09-15T07:41:20Z", "2027-09-15T07:41:20Z")] if month >= 9 else [])),
        Key("cmk-settlement-disk", rotate="P11M", expiry="P1Y", bits=4096, versions=[
            version("settlement", "2025-03-14T06:00:02Z", "2026-03-14T06:00:02Z"),
            version("settlement", "2026-02-14T06:00:05Z", "2027-02-14T06:00:05Z")]),
        Key("cmk-reports-disk", type="RSA", rotate="P11M", expiry="P1Y", versions=[
            version("reports", "2026-01-20T10:15:33Z", "2027-01-20T10:15:33Z")])]
    token = Vault("mhsm-thp-token", "rg-thp-cards-keys", CHN, hsm=True, logs=(("audit-to-soc", "workspaceId", LOGS, "AuditEvent"),),
                  keys=[Key("cmk-token-disk", [version("token", "2026-03-02T10:00:00Z")])], tags={"environment": "production", "data": "pan"},
                  keys_refused=(403, "Forbidden", "The managed HSM 'mhsm-thp-token' does not allow key operations through Azure Resource "
                                "Manager: its setting AllowKeyManagementOperationsThroughARM is off."))
    clinical = Vault("kv-thp-clinical-eus2", "rg-thp-clinical-keys", EUS, purge=month >= 8,
                     logs=(("audit-to-soc", "workspaceId", LOGS, "allLogs"),), tags={"environment": "production", "data": "ephi"})
    clinical.keys = [
        Key("cmk-clinical-disk", rotate="P11M", expiry="P1Y", versions=[
            version("clinical", "2025-06-02T06:00:04Z", "2026-06-02T06:00:04Z"),
            version("clinical", "2026-05-02T06:00:11Z", "2027-05-02T06:00:11Z")]),
        Key("kms-clinical-etcd", ops=ALL_OPS, versions=[version("kms-clinical", "2025-06-02T14:20:37Z")])]
    imaging = Vault("kv-thp-imaging-eus2", "rg-thp-imaging-prod", EUS, sku="standard", days=30, rbac=False, public="Enabled", acls=False,
                    tags={"Environment": "Production", "owner": "imaging"}, made="2023-05-08", policies=[
                        Policy(guid("set", CLINICAL, "des-imaging-eus2"),
                               ("Get", "List", "Create", "Delete", "WrapKey", "UnwrapKey", "Encrypt", "Decrypt", "Recover", "Purge"),
                               ("Get", "List")),
                        Policy(ADMINS, ("all",), ("all",), ("all",)),
                        Policy(guid("thp user", "imaging"), ("get", "list", "getrotationpolicy"), ("get", "list", "set"))])
    imaging.keys = [Key("cmk-imaging-disk", type="RSA", bits=2048, ops=ALL_OPS, versions=[
        version("imaging", "2025-10-24T11:48:06Z", "2026-10-24T11:48:06Z")])]
    portal = Vault("kv-thp-portal-eus2", "rg-thp-portal-prod", EUS, sku="standard",
                   logs=(("audit-to-soc", "workspaceId", LOGS, "audit"),) if month >= 8 else (), tags={"environment": "production"})
    portal.keys = [Key("cmk-portal-disk", type="RSA", bits=2048, ops=ALL_OPS, rotate="P1Y", versions=[
        version("portal", "2025-09-08T15:02:29Z")] + ([version("portal", "2026-09-08T15:02:44Z")] if month >= 9 else []))]
    nonprod = Vault("kv-thp-nonprod-chn", "rg-thp-nonprod-keys", CHN, logs=(("to-storage", "storageAccountId", STORAGE, "AuditEvent"),),
                    tags={"environment": "test"})
    nonprod.keys = [Key("cmk-test-db-disk", type="RSA", bits=2048, rotate="P6M", versions=[
        version("test-db", "2026-02-27T12:30:10Z")] + ([version("test-db", "2026-08-27T12:30:21Z")] if month >= 8 else []))]
    apps = Vault("kv-thp-apps-test", "rg-thp-test", CHN, sku="standard", rbac=False, purge=False, policies=[
        Policy(ENGINEERS, ("get",), ("get", "list", "set"), ("get", "list"))], tags={"environment": "test"}) # holds no disk's key
    return {v.name: v for v in (cards, weu, pay, token, clinical, imaging, portal, nonprod, apps)}


# ---- subscriptions

def url(v, name, back=1):
    """Of a key's version: the current one, or `back` from the end."""
    key = next(k for k in v.keys if k.name == name)
    return keys.key_url(v, name, key.versions[-back].id)


def des(sub, group, name):
    return compute.rid(sub, group, "Microsoft.Compute/diskEncryptionSets", name)


def payments(month):
    v, sub = vaults(month), PAYMENTS
    vault = {name: keys.vault_id(sub, x) for name, x in v.items()}
    s = Subscription("thp-payments-prod", sub, "thp-prod", tags={"costcenter": "4100"})
    s.vaults = [v[n] for n in ("kv-thp-cards-chn", "kv-thp-cards-weu", "kv-thp-pay-chn", "mhsm-thp-token")]
    s.sets = [
        Set("des-cards-chn", "rg-thp-cards-prod", CHN, url(v["kv-thp-cards-chn"], "cmk-cards-disk"), vault["kv-thp-cards-chn"],
            rotated="2026-08-04T06:41:37Z" if month >= 8 else "2025-09-04T06:38:55Z"),
        Set("des-cards-weu", "rg-thp-cards-prod-weu", WEU, url(v["kv-thp-cards-weu"], "cmk-cards-disk"), vault["kv-thp-cards-weu"],
            rotated="2026-09-12T06:29:10Z" if month >= 9 else "2025-10-12T06:44:02Z"),
        # pinned to the version of September 2024 until somebody turned rotation on
        Set("des-gateway-chn", "rg-thp-gateway-prod", CHN, url(v["kv-thp-pay-chn"], "cmk-gateway-disk", 1 if month >= 9 else 2),
            vault["kv-thp-pay-chn"], follows=month >= 9, rotated="2026-09-15T08:20:41Z" if month >= 9 else ""),
        Set("des-settlement-chn", "rg-zürich-settlement", CHN, url(v["kv-thp-pay-chn"], "cmk-settlement-disk"), vault["kv-thp-pay-chn"],
            rotated="2026-02-14T06:33:49Z"),
        Set("des-reports-chn", "rg-zürich-settlement", CHN, url(v["kv-thp-pay-chn"], "cmk-reports-disk"), vault["kv-thp-pay-chn"],
            rotated="2026-01-20T10:51:05Z"),
        Set("des-token-chn", "rg-thp-token-prod", CHN, url(v["mhsm-thp-token"], "cmk-token-disk"))]
    ids = {x.name: des(sub, x.group, x.name) for x in s.sets}
    production = {"environment": "production", "pci": "in-scope"}
    cards = Cluster("aks-cards-prod-chn", "rg-thp-cards-prod", CHN, tier="Premium", des=ids["des-cards-chn"], tags=production,
                    kms_key="https://kv-thp-cards-chn.vault.azure.net/keys/kms-cards-etcd", kms_vault=vault["kv-thp-cards-chn"],
                    identity=compute.rid(sub, "rg-thp-cards-prod", "Microsoft.ManagedIdentity/userAssignedIdentities", "id-aks-cards-chn"))
    cards.pools = [Pool("system", 3, "Standard_D4ds_v5", "System", taints=("CriticalAddonsOnly=true:NoSchedule",)),
                   Pool("api", 4, scaling=(3, 8)), Pool("worker", 5, "Standard_D8ds_v5", scaling=(4, 10)),
                   Pool("batch", 0, "Standard_D8ds_v5", scaling=(0, 6))] # scaled to zero: nothing to observe there
    cards.volumes = claims("kafka-data", "stream", 5, 256, ids["des-cards-chn"], attached="worker") + \
        claims("pg-cards", "cards", 5, 512, ids["des-cards-chn"], attached="worker")
    weu = Cluster("aks-cards-prod-weu", "rg-thp-cards-prod-weu", WEU, des=ids["des-cards-weu"], tags=production,
                  kms_key="" if month < 8 else "https://kv-thp-cards-weu.vault.azure.net/keys/cmk-cards-disk")
    weu.pools = [Pool("system", 3, "Standard_D4ds_v5", "System", "Ephemeral"), Pool("api", 3, os_disk="Ephemeral"),
                 Pool("worker", 3, "Standard_D8ds_v5", os_disk="Ephemeral")]
    weu.volumes = claims("pg-cards", "cards", 6, 512, ids["des-cards-weu"], attached="worker")
    gateway = Cluster("aks-gateway-prod-chn", "rg-thp-gateway-prod", CHN, tags={"Environment": "Production"}, # made in the portal
                      des=f"/subscriptions/{sub}/resourcegroups/RG-THP-GATEWAY-PROD/providers/microsoft.compute/diskencryptionsets/des-gateway-chn")
    gateway.pools = [Pool("agentpool", 3, "Standard_D4s_v3", "System", at_host=None), Pool("web", 6, "Standard_D4s_v3", at_host=None)]
    if month >= 8:
        gateway.pools.append(Pool("burst", 2, "Standard_D8s_v3", at_host=None, made="2026-08-11"))
    gateway.volumes = claims("session-cache", "gateway", 4, 32, ids["des-gateway-chn"], attached="web", sku="Premium_LRS")
    settle = Cluster("aks-settle-prod-chn", "rg-zürich-settlement", CHN, des=ids["des-settlement-chn"], tags=production,
                     version="1.33.7")
    settle.pools = [Pool("system", 3, mode="System"), Pool("jobs", 4, "Standard_E4ds_v5"), Pool("ledger", 3, "Standard_E8ds_v5")]
    # claims that are older than the cluster's set stayed under the platform key; one was moved in September
    old = [Volume("ledger-archive-0", "ledger", 1024, "" if month < 9 else ids["des-settlement-chn"], attached="ledger", made="2024-02-19"),
           Volume("ledger-archive-1", "ledger", 1024, attached="ledger", made="2024-02-19")]
    settle.volumes = old + claims("ledger", "ledger", 6, 512, ids["des-settlement-chn"], attached="ledger") + \
        claims("queue", "jobs", 6, 64, ids["des-settlement-chn"].lower(), attached="jobs") + \
        claims("report-out", "reports", 2, 128, ids["des-reports-chn"], attached="jobs", group="rg-thp-reports")
    token = Cluster("aks-token-prod-chn", "rg-thp-token-prod", CHN, tier="Premium", des=ids["des-token-chn"], tags=production)
    token.pools = [Pool("system", 3, mode="System"), Pool("token", 3, "Standard_D8ds_v5")]
    token.volumes = claims("token-store", "token", 3, 256, ids["des-token-chn"], attached="token")
    s.clusters = [cards, weu, gateway, settle, token]
    s.machines = [Machine("vm-thp-bastion-01", "rg-thp-hub", CHN, (("OsDisk_1_0f6a", 64, ""),)),
                  Machine("vm-thp-sftp-01", "rg-thp-hub", CHN, (("OsDisk_1_44be", 64, ""), ("DataDisk_0", 512, "")))]
    if month >= 8:
        s.deleted = [DeletedVault("kv-thp-cards-old", "rg-thp-cards-keys", CHN, "2026-08-19T09:14:52Z", "2026-11-17T09:14:52Z")]
    user = "Key Vault Crypto Service Encryption User"
    cards_key = vault["kv-thp-cards-chn"] + "/keys/cmk-cards-disk"
    s.rights = rights(s) + [
        Right(user, guid("set", sub, "des-cards-chn"), cards_key), Right(user, compute.principal(sub, cards), vault["kv-thp-cards-chn"] + "/keys/kms-cards-etcd"),
        Right(user, guid("set", sub, "des-cards-weu"), vault["kv-thp-cards-weu"]),
        Right(user, guid("set", sub, "des-gateway-chn"), vault["kv-thp-pay-chn"]),
        Right(user, guid("set", sub, "des-settlement-chn"), vault["kv-thp-pay-chn"]),
        Right(user, guid("set", sub, "des-reports-chn"), vault["kv-thp-pay-chn"] + "/keys/cmk-reports-disk"),
        Right("Key Vault Crypto Officer", CUSTODIANS, vault["kv-thp-cards-chn"], "Group"),
        Right("Key Vault Crypto Officer", CUSTODIANS, vault["kv-thp-cards-weu"], "Group"),
        Right("thp key custodian", CUSTODIANS, vault["kv-thp-pay-chn"], "Group"),
        Right("Managed HSM contributor", CUSTODIANS, vault["mhsm-thp-token"], "Group")]
    if month >= 8:
        s.rights.append(Right(user, compute.principal(sub, weu), vault["kv-thp-cards-weu"]))
    if month == 8: # given for a repair, taken away when the August report showed it
        s.rights.append(Right("Key Vault Crypto Officer", guid("set", sub, "des-settlement-chn"), vault["kv-thp-pay-chn"], made="2026-08-20T16:32:07Z"))
    return s


def clinical(month):
    v, sub = vaults(month), CLINICAL
    vault = {name: keys.vault_id(sub, x) for name, x in v.items()}
    s = Subscription("thp-clinical-prod", sub, "thp-prod", tags={"costcenter": "4200"})
    s.vaults = [v[n] for n in ("kv-thp-clinical-eus2", "kv-thp-imaging-eus2", "kv-thp-portal-eus2")]
    own = compute.rid(sub, "rg-thp-clinical-prod", "Microsoft.ManagedIdentity/userAssignedIdentities", "id-des-clinical")
    lost = compute.rid(sub, "rg-thp-portal-prod", "Microsoft.ManagedIdentity/userAssignedIdentities", "id-des-portal")
    s.sets = [
        Set("des-clinical-eus2", "rg-thp-clinical-prod", EUS, url(v["kv-thp-clinical-eus2"], "cmk-clinical-disk"), vault["kv-thp-clinical-eus2"],
            rotated="2026-05-02T06:37:30Z", identity=own, kind="EncryptionAtRestWithPlatformAndCustomerKeys"),
        Set("des-imaging-eus2", "rg-thp-imaging-prod", EUS, url(v["kv-thp-imaging-eus2"], "cmk-imaging-disk"), vault["kv-thp-imaging-eus2"],
            follows=False),
        # its identity was deleted in September: the set stays on the version of last year
        Set("des-portal-eus2", "rg-thp-portal-prod", EUS, url(v["kv-thp-portal-eus2"], "cmk-portal-disk", 2 if month >= 9 else 1),
            vault["kv-thp-portal-eus2"], rotated="2025-09-08T15:40:18Z", identity=lost, error=(
                "ManagedServiceIdentityNotFound", "Auto-key rotation was disabled as managed service identity associated with "
                "DiskEncryptionSet 'des-portal-eus2' was not found. Please update the resource with correct identity to re-enable "
                "auto-key rotation.") if month >= 9 else ())]
    ids = {x.name: des(sub, x.group, x.name) for x in s.sets}
    production = {"environment": "production", "hipaa": "ephi"}
    care = Cluster("aks-clinical-prod-eus2", "rg-thp-clinical-prod", EUS, des=ids["des-clinical-eus2"], tags=production, tier="Premium",
                   kms_key=url(v["kv-thp-clinical-eus2"], "kms-clinical-etcd"),
                   identity=compute.rid(sub, "rg-thp-clinical-prod", "Microsoft.ManagedIdentity/userAssignedIdentities", "id-aks-clinical"))
    care.pools = [Pool("system", 3, mode="System"), Pool("api", 6, scaling=(4, 12)), Pool("worker", 8, "Standard_D8ds_v5"),
                  Pool("fhir", 4, "Standard_E8ds_v5")]
    care.volumes = claims("pg-fhir", "fhir", 12, 1024, ids["des-clinical-eus2"], attached="fhir") + \
        claims("search", "fhir", 6, 512, ids["des-clinical-eus2"], attached="worker") + \
        claims("queue", "intake", 6, 64, ids["des-clinical-eus2"], attached="worker")
    imaging = Cluster("aks-imaging-prod-eus2", "rg-thp-imaging-prod", EUS, des=ids["des-imaging-eus2"], tags=production, version="1.32.11",
                      state="Failed" if month == 8 else "Succeeded") # an upgrade that did not end; the nodes ran on
    imaging.pools = [Pool("system", 3, "Standard_D4s_v3", "System", at_host=False), Pool("dicom", 6, "Standard_L8s_v3", at_host=False),
                     Pool("gpu", 2, "Standard_NC4as_T4_v3", at_host=False), Pool("winv", 2, "Standard_D4s_v3", os="Windows", disk_gb=256, at_host=False)]
    imaging.volumes = claims("dicom-store", "pacs", 14, 2048, ids["des-imaging-eus2"], attached="dicom") + \
        claims("model-cache", "ai", 4, 256, ids["des-imaging-eus2"], attached="gpu") + claims("old-study", "pacs", 2, 1024, ids["des-imaging-eus2"])
    portal = Cluster("aks-portal-prod-eus2", "rg-thp-portal-prod", EUS, des=ids["des-portal-eus2"], tags={"environment": "production"})
    portal.pools = [Pool("system", 3, mode="System"), Pool("web", 5, "Standard_D4ds_v5", scaling=(3, 9))]
    portal.volumes = claims("cms", "portal", 3, 128, ids["des-portal-eus2"], attached="web") + claims("mail", "portal", 2, 64, ids["des-portal-eus2"], attached="web")
    s.clusters = [care, imaging, portal]
    s.machines = [Machine("vm-thp-pacs-01", "rg-thp-pacs", EUS, (("OsDisk_1_9c31", 128, ids["des-imaging-eus2"]), ("DataDisk_0", 4096, ids["des-imaging-eus2"])), "Windows"),
                  Machine("vm-thp-pacs-02", "rg-thp-pacs", EUS, (("OsDisk_1_b20d", 128, ""), ("DataDisk_0", 4096, "")), "Windows")]
    user = "Key Vault Crypto Service Encryption User"
    s.rights = rights(s) + [
        Right(user, guid("identity", own.lower()), vault["kv-thp-clinical-eus2"] + "/keys/cmk-clinical-disk"),
        # as the guide for etcd encryption gives them
        Right("Key Vault Crypto User", compute.principal(sub, care), vault["kv-thp-clinical-eus2"]),
        Right("Key Vault Contributor", compute.principal(sub, care), vault["kv-thp-clinical-eus2"]),
        Right(user, guid("identity", lost.lower()), vault["kv-thp-portal-eus2"]),
        Right("Key Vault Crypto Officer", CUSTODIANS, f"/subscriptions/{sub}/resourceGroups/rg-thp-clinical-keys", "Group"),
        Right("Key Vault Contributor", guid("thp user", "imaging"), f"/subscriptions/{sub}/resourceGroups/rg-thp-imaging-prod", "User")]
    if month < 8: # the first recording was made with rights on a few resource groups
        s.rights += [Right("Reader", READER, f"/subscriptions/{sub}/resourceGroups/{g}") for g in sorted(only(month)[sub])]
    return s


def nonprod(month):
    v, sub = vaults(month), NONPROD
    vault = {name: keys.vault_id(sub, x) for name, x in v.items()}
    s = Subscription("thp-nonprod", sub, "thp-nonprod", tags={"costcenter": "4900"})
    s.vaults = [v[n] for n in ("kv-thp-nonprod-chn", "kv-thp-apps-test")]
    s.sets = [
        Set("des-test-db-chn", "rg-thp-test", CHN, url(v["kv-thp-nonprod-chn"], "cmk-test-db-disk"), vault["kv-thp-nonprod-chn"],
            rotated="2026-08-27T13:04:12Z" if month >= 8 else "2026-02-27T13:01:50Z"),
        # the platform team's vault lies in a subscription that the reader does not see
        Set("des-uat-chn", "rg-thp-uat", CHN, f"https://kv-thp-platform-chn.vault.azure.net/keys/cmk-uat-disk/{digest('version', 'uat')[:32]}"),
        Set("des-poc-2024", "rg-thp-poc", CHN, url(v["kv-thp-nonprod-chn"], "cmk-test-db-disk"), vault["kv-thp-nonprod-chn"])] # nobody uses it
    ids = {x.name: des(sub, x.group, x.name) for x in s.sets}
    test = Cluster("aks-test-chn", "rg-thp-test", CHN, tags={"env": "test"}, tier="Free")
    test.pools = [Pool("system", 2, "Standard_D4s_v5", "System", at_host=False), Pool("apps", 4, "Standard_D4s_v5", at_host=False),
                  Pool("db", 2, "Standard_E4s_v5", at_host=False)]
    test.volumes = claims("pg-test", "db", 4, 128, ids["des-test-db-chn"], attached="db") + claims("scratch", "apps", 8, 32, attached="apps", sku="StandardSSD_LRS")
    perf = Cluster("aks-perf-chn", "rg-thp-perf", CHN, des=des(sub, "rg-thp-perf", "des-perf-chn"), tags={"env": "test"}, stopped=True, tier="Free",
                   version="1.31.13")
    perf.pools = [Pool("system", 2, "Standard_D4ds_v5", "System", "Ephemeral", at_host=False), Pool("load", 6, "Standard_D8ds_v5", os_disk="Ephemeral", at_host=False)]
    uat = Cluster("aks-uat-chn", "rg-thp-uat", CHN, des=ids["des-uat-chn"], tags={"env": "uat"}, tier="Free")
    uat.pools = [Pool("system", 2, "Standard_D4ds_v5", "System"), Pool("apps", 3, "Standard_D4ds_v5", kind="VirtualMachines")]
    uat.volumes = claims("pg-uat", "db", 5, 128, ids["des-uat-chn"], attached="apps")
    s.clusters = [test, perf, uat]
    s.machines = [Machine("vm-thp-build-01", "rg-thp-build", CHN, (("OsDisk_1_7d02", 256, ""),)), Machine("vm-thp-build-02", "rg-thp-build", CHN, (("OsDisk_1_8e13", 256, ""),))]
    s.rights = rights(s) + [
        Right("Key Vault Crypto Service Encryption User", guid("set", sub, "des-test-db-chn"), vault["kv-thp-nonprod-chn"]),
        Right("Contributor", ENGINEERS, "/subscriptions/" + sub, "Group")]
    if month >= 8:
        s.exemptions = [Exemption("test-without-cmk", "Test cluster runs without customer-managed keys", f"/subscriptions/{sub}/resourceGroups/rg-thp-test",
                                  MG + "thp" + AUTH + "policyAssignments/thp-encryption", "Holds synthetic data only", ("aksCmk",))]
    return s


def rights(s):
    """What every subscription has: the pipeline, the engineers, and what AKS itself needs."""
    at = "/subscriptions/" + s.id
    rows = [Right("Contributor", PIPELINE, at), Right("Azure Kubernetes Service RBAC Cluster Admin", ENGINEERS, at, "Group"),
            Right("Security Reader", AUDIT_TEAM, at, "Group")]
    there = {compute.set_id(s.id, x).lower() for x in s.sets}
    for c in s.clusters:
        who = compute.principal(s.id, c)
        rows.append(Right("Network Contributor", who, compute.rid(s.id, "rg-thp-network", "Microsoft.Network/virtualNetworks", "vnet-" + c.location)))
        rows.append(Right("AcrPull", compute.kubelet(s.id, c), compute.rid(s.id, "rg-thp-shared", "Microsoft.ContainerRegistry/registries", "crthp")))
        if c.des.lower() in there and c.name != "aks-gateway-prod-chn":
            rows.append(Right("Reader", who, c.des))
    return rows


# ---- the tenant

def only(month):
    """Resource groups of a subscription that the reader sees; a subscription that is not named: all."""
    if month >= 8:
        return {}
    seen = ["rg-thp-clinical-prod", "rg-thp-imaging-prod"]
    return {CLINICAL: set(seen) | {f"mc_{g}_aks-{n}-prod-eus2_eastus2" for g, n in zip(seen, ("clinical", "imaging"))}}


def baseline():
    members = [("aksCmk", "7d7be79c-23ba-4033-84dd-45e2a5ccdd67", {"effect": {"value": "[parameters('effectCmk')]"}}),
               ("aksHost", "41425d9f-d1a5-499a-9932-f8ed8453932c", {}), ("vaultPurge", "0b60c0b2-2dc2-4e1c-b5c9-abbed971de53", {}),
               ("vaultRbac", "12d4fa5e-1f9f-4c21-97a9-b99b3c6611b5", {}), ("keyRotation", "d8cf8476-a2ec-4916-896e-992351803c44", {"maximumDaysToRotate": {"value": 365}})]
    return {"properties": {"displayName": "Encryption baseline of Talbrück Health Payments", "policyType": "Custom", "metadata": {"category": "Security"},
                           "version": "1.0.0", "parameters": {"effectCmk": {"type": "String", "defaultValue": "Audit", "allowedValues": ["Audit", "Deny", "Disabled"]}},
                           "policyDefinitions": [{"policyDefinitionReferenceId": r, "policyDefinitionId": AUTH + "policyDefinitions/" + g,
                                                  "definitionVersion": "1.*.*", "parameters": p} for r, g, p in members]},
            "id": BASELINE, "type": "Microsoft.Authorization/policySetDefinitions", "name": "thp-encryption-baseline"}


def benchmark():
    """The initiative of Defender for Cloud, cut down to a few of its members."""
    members = ["0b60c0b2-2dc2-4e1c-b5c9-abbed971de53", "1e66c121-a66a-4b1f-9b83-0fd99bf0fc2d", "12d4fa5e-1f9f-4c21-97a9-b99b3c6611b5",
               "55615ac9-af46-4a59-874e-391cc3dfb490", "cf820ca0-f99e-4f3e-84fb-66e913812d21", "152b15f7-8e1f-4c1f-ab71-8c010ba5dbc0"]
    return {"properties": {"displayName": "Microsoft cloud security benchmark", "policyType": "BuiltIn", "metadata": {"category": "Security Center"},
                           "version": "57.53.0", "parameters": {},
                           "policyDefinitions": [{"policyDefinitionReferenceId": "member" + str(n), "policyDefinitionId": AUTH + "policyDefinitions/" + g,
                                                  "definitionVersion": "1.*.*", "parameters": {}} for n, g in enumerate(members, 1)]},
            "id": BENCHMARK, "type": "Microsoft.Authorization/policySetDefinitions", "name": BENCHMARK.rsplit("/", 1)[1]}


def aks_cmk():
    return {"properties": {"displayName": "Both operating systems and data disks in Azure Kubernetes Service clusters should be encrypted by customer-managed keys",
                           "policyType": "BuiltIn", "mode": "Indexed", "metadata": {"version": "1.0.1", "category": "Kubernetes"}, "version": "1.0.1",
                           "parameters": {"effect": {"type": "String", "defaultValue": "Audit", "allowedValues": ["Audit", "Deny", "Disabled"]}},
                           "policyRule": {"if": {"allOf": [
                               {"field": "type", "equals": "Microsoft.ContainerService/managedClusters"},
                               {"anyOf": [{"field": "Microsoft.ContainerService/managedClusters/diskEncryptionSetID", "exists": "False"},
                                          {"field": "Microsoft.ContainerService/managedClusters/diskEncryptionSetID", "equals": ""}]}]},
                               "then": {"effect": "[parameters('effect')]"}}},
            "id": AKS_CMK, "type": "Microsoft.Authorization/policyDefinitions", "name": AKS_CMK.rsplit("/", 1)[1]}


def tenant(month):
    """month: 7, 8 or 9."""
    full = [payments(month), clinical(month), nonprod(month)]
    t = Tenant(TENANT, [("thp", "Talbrück Health Payments", TENANT), ("thp-prod", "Production", "thp"), ("thp-nonprod", "Non-production", "thp")],
               full, lambda s: s, principal=READER, only=only(month))
    t.root = "thp" if month >= 8 else ""
    for s in full:
        s.assignments = [Assignment("SecurityCenterBuiltIn", "ASC Default (subscription: " + s.name + ")", "/subscriptions/" + s.id, BENCHMARK)]
        if month < 8 and s.id not in t.only:
            s.rights.append(Right("Reader", READER, "/subscriptions/" + s.id))
    t.rights = [Right("Owner", ADMINS, MG + "thp", "Group")]
    if month < 8: # a former global administrator's elevated access
        t.rights.append(Right("User Access Administrator", FORMER_ADMIN, "/", "User", "2024-06-18T07:55:12Z"))
    else:
        t.rights.append(Right("Reader", READER, MG + "thp", made="2026-08-10T12:00:33Z"))
    t.roles = roles.built_in() + [roles.custom(
        "thp key custodian", guid("thp", "role custodian"), "Makes and rotates keys; deletes, purges and uses none.", [MG + "thp"],
        ["Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/keys/versions/read"],
        [roles.V + "keys/read", roles.V + "keys/create/action", roles.V + "keys/update/action", roles.V + "keys/rotate/action",
         roles.V + "keyrotationpolicies/read", roles.V + "keyrotationpolicies/write"])]
    t.assignments = [Assignment("thp-encryption", "Encryption baseline", MG + "thp", BASELINE, "DoNotEnforce" if month < 8 else "Default",
                                {"effectCmk": "Audit"})]
    t.sets = {BASELINE: baseline(), BENCHMARK: benchmark()}
    t.definitions = {AKS_CMK: aks_cmk()}
    if month == 8:
        t.throttled = ("MC_rg-thp-clinical-prod_aks-clinical-prod-eus2_eastus2/providers/Microsoft.Compute/virtualMachineScaleSets",)
    return t
