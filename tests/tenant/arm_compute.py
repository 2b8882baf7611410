"""AKS, Compute: answers as Microsoft.ContainerService 2026-03-01 and Microsoft.Compute 2025-04-01 / 2025-01-02 write them,
with their habits: /resourcegroups/ from AKS, upper-case groups in ids of disks and scale sets, absent for off."""
import math

from har import digest, guid, number


def rid(sub, group, kind, name):
    return f"/subscriptions/{sub}/resourceGroups/{group}/providers/{kind}/{name}"


def node_group(c):
    return c.node_group or f"MC_{c.group}_{c.name}_{c.location}"


def cluster_id(sub, c):
    return f"/subscriptions/{sub}/resourcegroups/{c.group}/providers/Microsoft.ContainerService/managedClusters/{c.name}"


def principal(sub, c):
    """Object id of the cluster's identity."""
    return guid("identity", c.identity.lower()) if c.identity else guid("cluster", sub, c.name)


def kubelet(sub, c):
    return guid("kubelet", sub, c.name)


def pool_profile(c, p):
    o = {"name": p.name, "count": p.count, "vmSize": p.size, "osDiskSizeGB": p.disk_gb, "osDiskType": p.os_disk,
         "kubeletDiskType": "OS", "maxPods": 110, "type": p.kind, "availabilityZones": ["1", "2", "3"]}
    if p.scaling:
        o.update({"minCount": p.scaling[0], "maxCount": p.scaling[1], "enableAutoScaling": True})
    else:
        o["enableAutoScaling"] = False
    o.update({"provisioningState": c.state, "powerState": {"code": "Stopped" if c.stopped else "Running"},
              "orchestratorVersion": c.version.rsplit(".", 1)[0], "currentOrchestratorVersion": c.version,
              "enableNodePublicIP": False, "mode": p.mode, "osType": p.os,
              "osSKU": "Ubuntu" if p.os == "Linux" else "Windows2022",
              "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202607.08.0" if p.os == "Linux" else "AKSWindows-2022-containerd-20348.4052.260709",
              "upgradeSettings": {"maxSurge": "10%"}, "enableFIPS": False})
    if p.kind == "VirtualMachines":
        o["virtualMachinesProfile"] = {"scale": {"manual": [{"size": p.size, "count": p.count}]}}
    if p.taints:
        o["nodeTaints"] = list(p.taints)
    if p.at_host is not None:
        o["enableEncryptionAtHost"] = p.at_host
        o["enableUltraSSD"] = False
        o["securityProfile"] = {"enableVTPM": False, "enableSecureBoot": False}
    return o


def cluster(sub, tenant, c):
    short = digest("dns", sub, c.name)[:8]
    p = {
        "provisioningState": c.state, "powerState": {"code": "Stopped" if c.stopped else "Running"},
        "kubernetesVersion": c.version.rsplit(".", 1)[0], "currentKubernetesVersion": c.version, "dnsPrefix": c.name,
        "fqdn": f"{c.name}-{short}.hcp.{c.location}.azmk8s.io", "azurePortalFQDN": f"{c.name}-{short}.portal.hcp.{c.location}.azmk8s.io",
        "agentPoolProfiles": [pool_profile(c, x) for x in c.pools],
        "servicePrincipalProfile": {"clientId": "msi"},
        "addonProfiles": {
            "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true", "rotationPollInterval": "2m"}},
            "azurepolicy": {"enabled": True, "config": None}},
        "nodeResourceGroup": node_group(c), "enableRBAC": True, "supportPlan": "KubernetesOfficial",
        "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "cilium", "networkDataplane": "cilium",
                           "loadBalancerSku": "standard", "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16",
                           "dnsServiceIP": "10.0.0.10", "outboundType": "userDefinedRouting", "ipFamilies": ["IPv4"]},
        "aadProfile": {"managed": True, "enableAzureRBAC": True, "tenantID": tenant}, "maxAgentPools": 100,
        "apiServerAccessProfile": {"enablePrivateCluster": c.tier == "Premium"},
    }
    if c.des:
        p["diskEncryptionSetID"] = c.des
    p.update({
        "identityProfile": {"kubeletidentity": {
            "resourceId": f"/subscriptions/{sub}/resourcegroups/{node_group(c)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{c.name}-agentpool",
            "clientId": guid("client", sub, c.name), "objectId": kubelet(sub, c)}},
        "autoUpgradeProfile": {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"}, "disableLocalAccounts": True,
        "securityProfile": {},
        "storageProfile": {"diskCSIDriver": {"enabled": True}, "fileCSIDriver": {"enabled": True}, "snapshotController": {"enabled": True}},
        "oidcIssuerProfile": {"enabled": True, "issuerURL": f"https://{c.location}.oic.prod-aks.azure.com/{tenant}/{guid('issuer', sub, c.name)}/"},
        "workloadAutoScalerProfile": {}, "resourceUID": digest("uid", sub, c.name)[:24],
        "nodeProvisioningProfile": {"mode": "Manual", "defaultNodePools": "Auto"}, "bootstrapProfile": {"artifactSource": "Direct"}})
    if c.kms_key:
        kms = {"enabled": True, "keyId": c.kms_key, "keyVaultNetworkAccess": "Private" if c.kms_vault else "Public"}
        if c.kms_vault:
            kms["keyVaultResourceId"] = c.kms_vault
        p["securityProfile"] = {"azureKeyVaultKms": kms}
    if c.identity:
        who = {"type": "UserAssigned", "userAssignedIdentities": {
            c.identity: {"clientId": guid("client", c.identity), "principalId": principal(sub, c)}}}
    else:
        who = {"type": "SystemAssigned", "principalId": principal(sub, c), "tenantId": tenant}
    return {"id": cluster_id(sub, c), "location": c.location, "name": c.name, "tags": c.tags or None,
            "type": "Microsoft.ContainerService/ManagedClusters", "kind": "Base", "properties": p, "identity": who,
            "sku": {"name": "Base", "tier": c.tier}, "eTag": guid("etag", sub, c.name, len(c.pools))}


# ---- nodes

def set_name(sub, c, p):
    return f"aks-{p.name}-{10000000 + number(89999999, 'set', sub, c.name, p.name)}-vmss"


def pool_des(c, p):
    return "" if p.des == "-" else p.des or c.des


def base36(n):
    out = ""
    for _ in range(6):
        out = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36] + out
        n //= 36
    return out


def pool_tags(p):
    return {"aks-managed-azure-cni-overlay": "true", "aks-managed-createOperationID": guid("made", p.name, p.made),
            "aks-managed-orchestrator": "Kubernetes:1.34.3", "aks-managed-poolName": p.name,
            "aks-managed-resourceNameSuffix": digest("suffix", p.name)[:8]}


def scale_set(sub, c, p, capacity):
    group, name, des = node_group(c), set_name(sub, c, p), pool_des(c, p)
    disk = {"diskSizeGB": p.disk_gb, "osType": p.os, "createOption": "FromImage",
            "caching": "ReadOnly" if p.os_disk == "Ephemeral" else "ReadWrite",
            "managedDisk": {"storageAccountType": "Standard_LRS" if p.os_disk == "Ephemeral" else "Premium_LRS"}}
    if p.os_disk == "Ephemeral":
        disk["diffDiskSettings"] = {"option": "Local", "placement": "CacheDisk"}
    if des:
        disk["managedDisk"]["diskEncryptionSet"] = {"id": des}
    profile = {
        "osProfile": {"computerNamePrefix": name.rsplit("-", 1)[0] + "-vmss", "adminUsername": "azureuser",
                      "linuxConfiguration": {"disablePasswordAuthentication": True, "provisionVMAgent": True},
                      "secrets": [], "allowExtensionOperations": True, "requireGuestProvisionSignal": True},
        "storageProfile": {"osDisk": disk, "imageReference": {
            "id": "/subscriptions/109a5e88-712a-48ae-9078-9ca8b3c81345/resourceGroups/AKS-Ubuntu/providers/Microsoft.Compute/galleries/AKSUbuntu/images/2204gen2containerd/versions/202607.08.0"},
            "diskControllerType": "SCSI"},
        "networkProfile": {"networkInterfaceConfigurations": [{"name": name.removesuffix("-vmss"), "properties": {
            "primary": True, "enableAcceleratedNetworking": True, "enableIPForwarding": True}}]},
        "extensionProfile": {"extensions": [{"name": x} for x in ("vmssCSE", f"{name.removesuffix('-vmss')}-AKSLinuxExtension")]},
        "timeCreated": p.made + "T08:40:11.3139467+00:00"}
    if p.os == "Windows":
        del profile["osProfile"]["linuxConfiguration"]
    if p.at_host:
        profile["securityProfile"] = {"encryptionAtHost": True}
    return {"name": name, "id": rid(sub, group.upper(), "Microsoft.Compute/virtualMachineScaleSets", name),
            "type": "Microsoft.Compute/virtualMachineScaleSets", "location": c.location, "tags": pool_tags(p),
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {
                rid(sub, group, "Microsoft.ManagedIdentity/userAssignedIdentities", c.name + "-agentpool"): {
                    "principalId": kubelet(sub, c), "clientId": guid("client", sub, c.name)}}},
            "sku": {"name": p.size, "tier": "Standard", "capacity": capacity}, "zones": ["1", "2", "3"],
            "properties": {"singlePlacementGroup": False, "orchestrationMode": "Uniform", "upgradePolicy": {"mode": "Manual"},
                           "virtualMachineProfile": profile, "provisioningState": "Succeeded", "overprovision": False,
                           "doNotRunExtensionsOnOverprovisionedVMs": False, "uniqueId": guid("vmss", sub, name),
                           "zoneBalance": False, "platformFaultDomainCount": 1, "timeCreated": p.made + "T08:40:11.3139467+00:00"}}


def machine_name(sub, c, p, i):
    return f"aks-{p.name}-{10000000 + number(89999999, 'set', sub, c.name, p.name)}-vm{i}"


def machine(sub, c, p, i):
    """A node of a pool of type VirtualMachines."""
    name, des, group = machine_name(sub, c, p, i), pool_des(c, p), node_group(c)
    managed = {"storageAccountType": "Premium_LRS", "id": rid(sub, group.upper(), "Microsoft.Compute/disks", os_disk_name(sub, c, p, i))}
    if des:
        managed["diskEncryptionSet"] = {"id": des}
    props = {"hardwareProfile": {"vmSize": p.size}, "provisioningState": "Succeeded", "vmId": guid("vm", sub, name),
             "storageProfile": {"osDisk": {"osType": p.os, "name": os_disk_name(sub, c, p, i), "createOption": "FromImage",
                                           "caching": "ReadWrite", "managedDisk": managed, "deleteOption": "Delete",
                                           "diskSizeGB": p.disk_gb}, "dataDisks": []},
             "timeCreated": p.made + "T08:41:02.0711862+00:00"}
    if p.at_host:
        props["securityProfile"] = {"encryptionAtHost": True}
    return {"name": name, "id": rid(sub, group.upper(), "Microsoft.Compute/virtualMachines", name),
            "type": "Microsoft.Compute/virtualMachines", "location": c.location, "tags": pool_tags(p), "properties": props}


# ---- disks

def os_disk_name(sub, c, p, i):
    if p.kind == "VirtualMachines":
        return f"{machine_name(sub, c, p, i)}_OsDisk_1_{digest('disk', sub, c.name, p.name, i)[:32]}"
    stem = set_name(sub, c, p)
    return f"{stem[:20]}{stem[:20]}{i}OS__1_{digest('disk', sub, c.name, p.name, i)[:32]}" # as the service shortens it


def disk(sub, group, name, location, gb, des, made, **more):
    p = {"diskSizeGB": gb, "diskIOPSReadWrite": max(500, gb * 5), "diskMBpsReadWrite": 100,
         "encryption": {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": des} if des
         else {"type": "EncryptionAtRestWithPlatformKey"},
         "networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled", "timeCreated": made + "T08:42:31.9278721+00:00",
         "provisioningState": "Succeeded", "diskState": more.get("state", "Attached"), "diskSizeBytes": gb * 2**30,
         "uniqueId": guid("disk", sub, name), "tier": f"P{max(4, 2 * int(math.log2(gb)) - 4)}"}
    if more.get("os"):
        p.update({"osType": more["os"], "hyperVGeneration": "V2", "creationData": {"createOption": "FromImage"}})
    else:
        p["creationData"] = {"createOption": "Empty"}
    o = {"name": name, "id": rid(sub, group, "Microsoft.Compute/disks", name), "type": "Microsoft.Compute/disks", "location": location,
         "sku": {"name": more.get("sku", "Premium_LRS"), "tier": "Premium"}}
    if more.get("tags"):
        o["tags"] = more["tags"]
    if more.get("by"):
        o["managedBy"] = more["by"]
    if more.get("zone"):
        o["zones"] = [more["zone"]]
    o["properties"] = p
    return o


def instance(sub, c, p, i):
    """Id of a node: managedBy of its disks."""
    group = node_group(c)
    if p.kind == "VirtualMachines":
        return rid(sub, group, "Microsoft.Compute/virtualMachines", machine_name(sub, c, p, i))
    s = set_name(sub, c, p)
    return rid(sub, group, "Microsoft.Compute/virtualMachineScaleSets", s) + f"/virtualMachines/{s}_{i}"


def cluster_disks(sub, c):
    """The OS disks of the nodes and the disks of the persistent volumes."""
    group = node_group(c)
    for p in c.pools:
        if p.os_disk == "Managed":
            for i in range(0 if c.stopped else p.count):
                yield disk(sub, group.upper(), os_disk_name(sub, c, p, i), c.location, p.disk_gb, pool_des(c, p), p.made, os=p.os,
                           by=instance(sub, c, p, i), tags=pool_tags(p), zone=str(i % 3 + 1))
    pools = {p.name: p for p in c.pools}
    for n, v in enumerate(c.volumes):
        at, pv = pools.get(v.attached), "pvc-" + guid("pv", sub, c.name, v.namespace, v.name)
        by = instance(sub, c, at, n % max(1, at.count)) if at and not c.stopped else ""
        yield disk(sub, (v.group or group).upper(), pv, c.location, v.gb, v.des, v.made, by=by, sku=v.sku,
                   state="Attached" if by else "Reserved" if at else "Unattached",
                   tags={"k8s-azure-created-by": "kubernetes-azure-dd", "kubernetes.io-created-for-pv-name": pv,
                         "kubernetes.io-created-for-pvc-name": v.name, "kubernetes.io-created-for-pvc-namespace": v.namespace})


def machine_disks(sub, m):
    """Disks of a machine of no cluster."""
    by = rid(sub, m.group, "Microsoft.Compute/virtualMachines", m.name)
    for suffix, gb, des in m.disks:
        yield disk(sub, m.group.upper(), f"{m.name}_{suffix}", m.location, gb, des, "2024-11-05", by=by,
                   os=m.os if suffix.startswith("OsDisk") else "")


# ---- disk encryption sets

def set_id(sub, s):
    return rid(sub, s.group, "Microsoft.Compute/diskEncryptionSets", s.name)


def set_principal(sub, s):
    return guid("set", sub, s.name.lower()) if s.identity == "SystemAssigned" else guid("identity", s.identity.lower())


def encryption_set(sub, tenant, s):
    key = {"keyUrl": s.key_url}
    if s.vault:
        key = {"sourceVault": {"id": s.vault}, "keyUrl": s.key_url}
    p = {"activeKey": key, "encryptionType": s.kind, "previousKeys": [], "provisioningState": s.state}
    if s.follows:
        p["rotationToLatestKeyVersionEnabled"] = True
    if s.rotated:
        p["lastKeyRotationTimestamp"] = s.rotated.replace("Z", ".4105521+00:00")
    if s.error:
        p["autoKeyRotationError"] = {"code": s.error[0], "message": s.error[1]}
    if s.identity == "SystemAssigned":
        who = {"type": "SystemAssigned", "principalId": set_principal(sub, s), "tenantId": tenant}
    elif s.identity:
        who = {"type": "UserAssigned", "userAssignedIdentities": {
            s.identity: {"principalId": set_principal(sub, s), "clientId": guid("client", s.identity)}}}
    else:
        who = {"type": "None"}
    return {"name": s.name, "id": rid(sub, s.group.upper(), "Microsoft.Compute/diskEncryptionSets", s.name),
            "type": "Microsoft.Compute/diskEncryptionSets", "location": s.location, "tags": s.tags or {}, "identity": who, "properties": p}
