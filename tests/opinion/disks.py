"""What is encrypted, and with whose key: clusters, pools, machines, disks, etcd. From controls.md 1, 4, 5, 6, 8, 41 and azure.md 1.2 to 1.5."""
from estate import ABSENT, FAIL, NA, NOT, PASS, arm_id, disk_sets, get, group_of, key, key_url, rows, shapely, switch

CMK = ("EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformAndCustomerKeys")
PMK = "EncryptionAtRestWithPlatformKey"


def population(e, *resources):
    """The rows that stand for what was not read, and for lists that are whole and empty of what is looked for."""
    return {key(s): NOT for s in e.unread(*resources)}


def waived(e, status):
    """A fail of what the organisation says, in its own document, that it does not ask for."""
    value, adopted = e.policy["cmk-required"]
    return NA if status == FAIL and adopted and value == "false" else status


def empty(e, found, *resources):
    """Subscriptions that were read to the end and hold none."""
    return {key(s): NA for s in e.subs() if s not in e.unread(*resources) and not any(f.startswith(key(s) + "/") for f in found)}


def named_set(value):
    """An id of a set; None: something else is there."""
    if value is ABSENT or value == "":
        return ""
    return key(value) if arm_id(value) and "/microsoft.compute/diskencryptionsets/" in key(value) else None


def cluster_uses_des(e):
    out = {**population(e, "aks_cluster"), **empty(e, e.clusters, "aks_cluster")}
    for cid, c in e.clusters.items():
        named = named_set(get(c, "properties.diskEncryptionSetID"))
        out[cid] = NOT if named is None else waived(e, FAIL) if named == "" else PASS
    return out


def pool_encryption_at_host(e):
    out = {**population(e, "aks_cluster"), **empty(e, e.clusters, "aks_cluster")}
    for cid, c in e.clusters.items():
        pools = get(c, "properties.agentPoolProfiles", [])
        if not isinstance(pools, list) or len(rows(pools)) < len(pools):
            out[cid] = NOT
        for p in rows(pools):
            if not isinstance(p.get("name"), str):
                out[cid] = NOT
                continue
            on = switch(get(p, "enableEncryptionAtHost"))
            out[f"{cid}/agentpools/{key(p['name'])}"] = NOT if on is None else PASS if on else FAIL
    return out


def model(e, cluster, os_disk, data_disks):
    """The sets that a machine is made with against the set of its cluster."""
    want = named_set(get(cluster, "properties.diskEncryptionSetID"))
    found = []
    for d in [os_disk, *data_disks]:
        sets = [named_set(s) for s in disk_sets(d, [])]
        found += sets or [""]
    if not isinstance(os_disk, dict) or want is None or None in found:
        return NOT
    if want == "":
        return waived(e, FAIL)
    return PASS if all(f == want for f in found) else waived(e, FAIL)


def scale_set_des(e):
    out = population(e, "aks_cluster", "scale_set", "virtual_machine")
    out.update(empty(e, e.clusters, "aks_cluster"))
    for i, v in e.scale_sets.items():
        storage = get(v, "properties.virtualMachineProfile.storageProfile")
        data = get(storage, "dataDisks", [])
        out[i] = model(e, e.clusters[e.node_groups[group_of(i)]], get(storage, "osDisk"), rows(data)) if isinstance(data, list) else NOT
    for i, v in e.machines.items():
        out[i] = model(e, e.clusters[e.node_groups[group_of(i)]], get(v, "properties.storageProfile.osDisk"), [])
    for g, cid in e.node_groups.items():
        if g not in out and not any(group_of(i) == g for i in (*e.scale_sets, *e.machines)):
            out[g] = NA
    return out


def disk_key(d):
    """'customer', 'platform', or why it cannot be told (None)."""
    kind, id_ = get(d, "properties.encryption.type"), named_set(get(d, "properties.encryption.diskEncryptionSetId"))
    secure = get(d, "properties.securityProfile.securityType")
    if secure == "ConfidentialVM_DiskEncryptedWithCustomerKey" and named_set(get(d, "properties.securityProfile.secureVMDiskEncryptionSetId")):
        return "customer"
    if id_ is None:
        return None
    if kind in CMK and id_ or kind is ABSENT and id_:
        return "customer"
    return "platform" if kind == PMK and id_ == "" else None


def disk_cmk(e):
    out = {**population(e, "aks_cluster", "disk"), **empty(e, {**e.disks, **e.clusters}, "aks_cluster", "disk")}
    for i, d in e.disks.items():
        whose = disk_key(d)
        out[i] = PASS if whose == "customer" else waived(e, FAIL) if whose == "platform" else NOT
    return out


def disk_encrypted(e):
    out = {**population(e, "aks_cluster", "disk"), **empty(e, {**e.disks, **e.clusters}, "aks_cluster", "disk")}
    for i, d in e.disks.items():
        kind = get(d, "properties.encryption.type")
        out[i] = PASS if kind in (*CMK, PMK) or disk_key(d) == "customer" else NOT
    return out


def etcd_kms_cmk(e):
    out = {**population(e, "aks_cluster"), **empty(e, e.clusters, "aks_cluster")}
    for cid, c in e.clusters.items():
        kms = get(c, "properties.securityProfile.azureKeyVaultKms", {})
        on = switch(get(kms, "enabled"))
        at = key_url(get(kms, "keyId"))
        if on is None or not isinstance(kms, dict) or on and not at:
            out[cid] = NOT
        elif not on:
            out[cid] = FAIL
        elif at[0] in e.stores:
            at_key = f"{e.stores[at[0]][0]}/keys/{at[1]}"
            gone = e.refused("crypto_key", at_key) == 404 or e.refused("vault_key", at_key) == 404
            out[cid] = FAIL if gone else PASS if any(b and shapely(b) for b in (e.single("crypto_key", at_key), e.single("vault_key", at_key))) else NOT
        else:
            out[cid] = FAIL if e.deleted(at[0]) else NOT
    return out


CHECKS = {"cluster-uses-des": cluster_uses_des, "pool-encryption-at-host": pool_encryption_at_host, "scale-set-des": scale_set_des,
          "disk-cmk": disk_cmk, "disk-encrypted": disk_encrypted, "etcd-kms-cmk": etcd_kms_cmk}
