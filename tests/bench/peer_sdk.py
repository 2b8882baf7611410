#!/usr/bin/python3
"""peer_sdk.py THREADS: the reads that keycustody makes, by Microsoft's SDK for Python (Debian's python3-azure), one after the
other (THREADS 0, as audit tools written in Python do it) or by that many threads. The server: STANDIN_URL, STANDIN_TOKEN."""
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from azure.core.credentials import AccessToken
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.managementgroups import ManagementGroupsAPI
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.resource import PolicyClient, SubscriptionClient

HOW = {"base_url": os.environ["STANDIN_URL"], "credential_scopes": ["https://management.azure.com/.default"]}


class Caller:
    def get_token(self, *scopes, **kwargs):
        return AccessToken(os.environ["STANDIN_TOKEN"], int(time.time()) + 3600)


class Reader:
    """The clients of one subscription, made once."""

    def __init__(self, subscription):
        self.id, me = subscription, Caller()
        self.clusters = ContainerServiceClient(me, subscription, **HOW)
        self.compute = ComputeManagementClient(me, subscription, **HOW)
        self.keys = KeyVaultManagementClient(me, subscription, **HOW)
        self.rights = AuthorizationManagementClient(me, subscription, **HOW)
        self.policy = PolicyClient(me, subscription, **HOW)
        self.monitor = MonitorManagementClient(me, subscription, **HOW)


def lists(reader):
    """The lists of a subscription. Gives (node groups, vault ids, key URLs)."""
    clusters = list(reader.clusters.managed_clusters.list())
    disks = list(reader.compute.disks.list())
    sets = list(reader.compute.disk_encryption_sets.list())
    vaults = list(reader.keys.vaults.list_by_subscription())
    list(reader.keys.managed_hsms.list_by_subscription())
    list(reader.keys.vaults.list_deleted())
    list(reader.rights.role_assignments.list_for_subscription())
    list(reader.rights.role_definitions.list(f"/subscriptions/{reader.id}"))
    list(reader.policy.policy_assignments.list())
    list(reader.policy.policy_exemptions.list())
    urls = {s.active_key.key_url for s in sets if s.active_key}
    urls |= {c.security_profile.azure_key_vault_kms.key_id for c in clusters
             if c.security_profile and c.security_profile.azure_key_vault_kms and c.security_profile.azure_key_vault_kms.key_id}
    return [c.node_resource_group for c in clusters], vaults, urls, len(disks)


def group(reader, name):
    list(reader.compute.virtual_machine_scale_sets.list(name))
    list(reader.compute.virtual_machines.list(name))


def key(reader, vault, url):
    parts, name = vault.id.split("/"), url.split("/")[4]
    reader.keys.keys.get(parts[4], parts[8], name)
    list(reader.keys.keys.list_versions(parts[4], parts[8], name))


def settings(reader, vault):
    list(reader.monitor.diagnostic_settings.list(vault.id))


def main():
    threads = int(sys.argv[1])
    pool = ThreadPoolExecutor(threads) if threads else None

    def each(work, arguments):
        if not pool:
            return [work(*a) for a in arguments]
        return [f.result() for f in [pool.submit(work, *a) for a in arguments]]

    readers = [Reader(s.subscription_id) for s in SubscriptionClient(Caller(), **HOW).subscriptions.list()]
    groups = ManagementGroupsAPI(Caller(), **HOW)
    for g in groups.management_groups.list():
        list(groups.management_groups.get_descendants(g.name))
    found = each(lists, [(r,) for r in readers])
    hosts = {v.properties.vault_uri.split("/")[2].split(":")[0]: (r, v) for r, f in zip(readers, found) for v in f[1]}
    urls = {"/".join(u.split("/")[:5]) for f in found for u in f[2]}
    keys = [(*hosts[u.split("/")[2].split(":")[0]], u) for u in sorted(urls) if u.split("/")[2].split(":")[0] in hosts]
    each(group, [(r, g) for r, f in zip(readers, found) for g in f[0]])
    each(key, keys)
    readers[0].policy.policy_definitions.get_built_in("7d7be79c-23ba-4033-84dd-45e2a5ccdd67")
    each(settings, [(r, v) for r, f in zip(readers, found) for v in f[1]])
    print(f"{len(readers)} subscriptions, {sum(len(f[0]) for f in found)} clusters, {sum(f[3] for f in found)} disks, {len(keys)} keys")


main()
