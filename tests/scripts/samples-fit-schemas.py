#!/usr/bin/python3
"""Every field in the answers of the invented tenant is one that Microsoft's own schemas know, with a value of the right type. Needs
the schemas beside the source tree (Azure/bicep-types-az, generated from the API's specification)."""
import glob, json, os, sys

root = os.environ.get("SOURCE_DIR", ".")
specs = os.environ.get("AZURE_SPECS", os.path.join(root, "..", "shared", "azure-specs"))
base = os.path.join(specs, "bicep-types")
if not os.path.isdir(base):
    print("skipped: ../shared/azure-specs is not here")
    sys.exit(77)
# last segment of the URL (one before the last for a thing asked for by name) -> file of types, name of the resource
SCHEMAS = {
    "managedclusters": ("containerservice_1/microsoft.containerservice/2026-05-01", "Microsoft.ContainerService/managedClusters"),
    "disks": ("compute_1/microsoft.compute/2025-01-02", "Microsoft.Compute/disks"),
    "diskencryptionsets": ("compute_1/microsoft.compute/2025-01-02", "Microsoft.Compute/diskEncryptionSets"),
    "virtualmachinescalesets": ("compute_1/microsoft.compute/2025-04-01", "Microsoft.Compute/virtualMachineScaleSets"),
    "virtualmachines": ("compute_1/microsoft.compute/2025-04-01", "Microsoft.Compute/virtualMachines"),
    "vaults": ("keyvault/microsoft.keyvault/2026-02-01", "Microsoft.KeyVault/vaults"),
    "managedhsms": ("keyvault/microsoft.keyvault/2026-02-01", "Microsoft.KeyVault/managedHSMs"),
    "keys": ("keyvault/microsoft.keyvault/2026-02-01", "Microsoft.KeyVault/vaults/keys"),
    "versions": ("keyvault/microsoft.keyvault/2026-02-01", "Microsoft.KeyVault/vaults/keys/versions"),
    "policyassignments": ("resources_1/microsoft.authorization/2025-03-01", "Microsoft.Authorization/policyAssignments"),
    "policysetdefinitions": ("resources_1/microsoft.authorization/2025-03-01", "Microsoft.Authorization/policySetDefinitions"),
    "policydefinitions": ("resources_1/microsoft.authorization/2025-03-01", "Microsoft.Authorization/policyDefinitions"),
}
loaded, wrong, counts = {}, set(), {}


def types_of(folder):
    if folder not in loaded:
        with open(os.path.join(base, folder, "types.json"), encoding="utf-8") as f:
            loaded[folder] = json.load(f)
    return loaded[folder]


def walk(types, ref, value, path):
    t = types[int(ref["$ref"].rsplit("/", 1)[1])]
    kind, python = t["$type"], {"IntegerType": int, "BooleanType": bool, "StringType": str, "StringLiteralType": str, "ArrayType": list, "ObjectType": dict}
    if value is None:
        return
    if kind in python and not isinstance(value, python[kind]):
        wrong.add(f"{path}: {kind} expected")
    elif kind == "ObjectType":
        for name, v in value.items():
            if name in t.get("properties", {}):
                walk(types, t["properties"][name]["type"], v, f"{path}.{name}")
            elif t.get("additionalProperties"):
                walk(types, t["additionalProperties"], v, path + ".*")
            else:
                wrong.add(f"{path}.{name}: no such field")
    elif kind == "ArrayType":
        for v in value:
            walk(types, t["itemType"], v, path + "[]")


for har in sorted(glob.glob(os.path.join(root, "samples", "*.har"))):
    for entry in json.load(open(har, encoding="utf-8"))["log"]["entries"]:
        parts = entry["request"]["url"].split("?")[0].lower().split("/")
        body = json.loads(entry["response"]["content"]["text"])
        name = parts[-1] if "value" in body else parts[-2]
        if entry["response"]["status"] != 200 or name not in SCHEMAS:
            continue
        folder, title = SCHEMAS[name]
        types = types_of(folder)
        found = [t for t in types if t["$type"] == "ResourceType" and t["name"].split("@")[0].lower() == title.lower()]
        if not found: # a version of the schemas without it
            counts[title] = 0
            continue
        for item in body.get("value", [body]):
            walk(types, found[0]["body"], item, title)
            counts[title] = counts.get(title, 0) + 1
for w in sorted(wrong):
    print(w)
for title in sorted(counts):
    print(f"{counts[title]:6} {title}")
sys.exit(1 if wrong or not counts else 0)
