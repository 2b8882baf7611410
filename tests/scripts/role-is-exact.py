#!/usr/bin/python3
"""docs/custom-role.json holds the actions that the resource files say they need, all of them and no other, and
docs/permissions.md explains each."""
import json
import os
import pathlib
import re

root = pathlib.Path(os.environ.get("SOURCE_DIR", "."))
needed = set()
for path in sorted((root / "src" / "azure").glob("*.sql")):
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("-- permission:"):
            needed |= set(re.split(r"[,\s]+", line.split(":", 1)[1].strip())) - {""}
role = json.loads((root / "docs" / "custom-role.json").read_text(encoding="utf-8"))
text = (root / "docs" / "permissions.md").read_text(encoding="utf-8")
actions = {action for action in needed if "/" in action}
assert actions, "no resource file names an action"
assert set(role["Actions"]) == actions, f"differ: {set(role['Actions']) ^ actions}"
assert len(role["Actions"]) == len(actions) and not role["DataActions"] and not role["NotActions"]
assert not [a for a in role["Actions"] if not a.lower().endswith("/read")], "only reads"
for action in sorted(actions):
    parts = action.split("/")
    short = [".../" + "/".join(parts[i:]) for i in range(1, len(parts) - 1)]
    assert action in text or any(word in text for word in short), f"permissions.md lacks {action}"
print(f"{len(actions)} actions, each in the role and explained")
