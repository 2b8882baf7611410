"""What a tenant is made of. Plain rows; the arm_*.py modules write them as Azure Resource Manager answers."""
from dataclasses import dataclass, field


@dataclass
class Pool:
    name: str
    count: int = 3
    size: str = "Standard_D4ds_v5"
    mode: str = "User"
    os_disk: str = "Managed"        # or Ephemeral: then no disk resource exists
    disk_gb: int = 128
    at_host: object = True          # True, False (made by the command line) or None (absent: made in the portal)
    kind: str = "VirtualMachineScaleSets"
    os: str = "Linux"
    scaling: tuple = ()             # (least, most) nodes of the autoscaler
    taints: tuple = ()
    des: str = ""                   # "" = that of the cluster; "-" = none although the cluster has one
    made: str = "2025-03-10"


@dataclass
class Volume:
    """A persistent volume's disk."""
    name: str                       # of the claim
    namespace: str
    gb: int = 64
    des: str = ""                   # id of its set, "" = platform key
    group: str = ""                 # resource group, "" = the node resource group
    attached: str = ""              # name of the pool on whose node it hangs, "" = unattached
    made: str = "2025-03-12"
    sku: str = "Premium_ZRS"


@dataclass
class Cluster:
    name: str
    group: str
    location: str
    pools: list = field(default_factory=list)
    volumes: list = field(default_factory=list)
    des: str = ""                   # id as the cluster names it
    version: str = "1.34.3"
    tags: dict = field(default_factory=dict)
    tier: str = "Standard"
    identity: str = ""              # id of a user-assigned identity, "" = system-assigned
    kms_key: str = ""               # URL of the key that encrypts etcd
    kms_vault: str = ""             # id of its vault, where the vault is private
    stopped: bool = False
    state: str = "Succeeded"
    made: str = "2025-03-10"
    node_group: str = ""            # "" = MC_group_name_location


@dataclass
class Set:
    """A disk encryption set."""
    name: str
    group: str
    location: str
    key_url: str
    vault: str = ""                 # id; "" where it may not be named (other subscription, managed HSM)
    follows: bool = True            # rotationToLatestKeyVersionEnabled
    rotated: str = ""               # lastKeyRotationTimestamp
    error: tuple = ()               # (code, message) of autoKeyRotationError
    identity: str = "SystemAssigned" # or the id of a user-assigned one
    kind: str = "EncryptionAtRestWithCustomerKey"
    tags: dict = field(default_factory=dict)
    state: str = "Succeeded"


@dataclass
class Version:
    id: str                         # 32 hex digits
    created: str                    # 2026-07-01T09:00:00Z
    expires: str = ""
    enabled: bool = True


@dataclass
class Key:
    name: str
    versions: list                  # oldest first; the last is the current one
    type: str = "RSA-HSM"
    bits: int = 3072
    ops: tuple = ("wrapKey", "unwrapKey")
    rotate: str = ""                # timeAfterCreate of a rotation; "" = none
    rotate_before: str = ""         # or timeBeforeExpiry
    expiry: str = ""                # expiryTime of the policy
    notify: str = "P30D"


@dataclass
class Policy:
    """An access policy of a vault."""
    object: str
    keys: tuple
    secrets: tuple = ()
    certificates: tuple = ()


@dataclass
class Vault:
    name: str
    group: str
    location: str
    keys: list = field(default_factory=list)
    sku: str = "premium"
    purge: bool = True
    days: int = 90
    rbac: bool = True
    policies: list = field(default_factory=list)
    public: str = "Disabled"
    acls: bool = True               # networkAcls with Deny; False: absent
    logs: tuple = ()                # diagnostic settings: (name, kind of destination, destination id, category or group)
    tags: dict = field(default_factory=dict)
    made: str = "2025-02-20"
    hsm: bool = False               # a managed HSM
    keys_refused: tuple = ()        # (status, code, message) for its keys


@dataclass
class DeletedVault:
    name: str
    group: str
    location: str
    deleted: str
    purge: str                      # scheduledPurgeDate


@dataclass
class Machine:
    """A machine of no cluster, with its disks: (suffix, gb, set or "")."""
    name: str
    group: str
    location: str
    disks: tuple
    os: str = "Linux"


@dataclass
class Right:
    """A role assignment."""
    role: str                       # name of the role
    principal: str                  # object id
    scope: str
    kind: str = "ServicePrincipal"
    made: str = "2025-03-01T08:00:00Z"
    condition: str = ""


@dataclass
class Assignment:
    """A policy assignment."""
    name: str
    title: str
    scope: str
    definition: str
    mode: str = "Default"
    parameters: dict = field(default_factory=dict)
    not_scopes: tuple = ()
    made: str = "2025-04-02T09:30:00Z"


@dataclass
class Exemption:
    name: str
    title: str
    scope: str
    assignment: str
    why: str
    references: tuple = ()
    category: str = "Waiver"
    ends: str = ""
    made: str = "2026-08-14T13:05:00Z"


@dataclass
class Subscription:
    name: str
    id: str
    group: str                      # name of its management group
    state: str = "Enabled"
    tags: dict = field(default_factory=dict)
    clusters: list = field(default_factory=list)
    sets: list = field(default_factory=list)
    vaults: list = field(default_factory=list)
    deleted: list = field(default_factory=list)
    machines: list = field(default_factory=list)
    rights: list = field(default_factory=list)       # at it or below; those above stand in the tenant
    assignments: list = field(default_factory=list)
    exemptions: list = field(default_factory=list)


@dataclass
class Tenant:
    id: str
    groups: list                    # management groups that the reader sees: (name, title, name of the parent or "")
    roster: list                    # subscriptions; only name, id, group, state and tags are read from here
    load: object                    # subscription of the roster -> Subscription in full
    root: str = ""                  # management group whose descendants are asked for; "" = the reader sees none
    rights: list = field(default_factory=list)       # at management groups and at the root: listed in every subscription
    roles: list = field(default_factory=list)        # role definitions, see roles.py
    assignments: list = field(default_factory=list)  # at management groups
    exemptions: list = field(default_factory=list)   # at management groups
    sets: dict = field(default_factory=dict)         # policy initiative id -> body
    definitions: dict = field(default_factory=dict)  # policy definition id -> body
    principal: str = ""             # who reads
    only: dict = field(default_factory=dict)         # subscription id -> resource groups, lower case: the reader sees no others
    throttled: tuple = ()           # ends of URL paths that answer 429 once before they answer
