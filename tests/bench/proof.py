"""seal, sign and verify beside what they cannot do without: SHA-256 over the same bytes by two stock programs, and the signature
operations by openssl. The same store and pack, the files in memory."""
import os
import pathlib
import shutil
import subprocess

from measure import run


def size(folder):
    return sum(p.stat().st_size for p in pathlib.Path(folder).rglob("*") if p.is_file())


def keys(work):
    line = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=Bench -days 30 -out cert.pem && "
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout second.pem -subj /CN=Second -days 30 -out second-cert.pem && cat cert.pem second-cert.pem >ca.pem")
    subprocess.run(["bash", "-c", line], cwd=work, check=True, capture_output=True)


def best(command, times=3):
    """The one of several that others disturbed least."""
    return min((run(command) for _ in range(times)), key=lambda cost: cost.cpu)


def signature(work):
    """One signature made and one checked, by a program that does nothing else."""
    list_ = os.path.join(work, "list")
    pathlib.Path(list_).write_text("x\n", encoding="ascii")
    made = best(["openssl", "cms", "-sign", "-cades", "-binary", "-outform", "DER", "-in", list_, "-signer", f"{work}/cert.pem", "-inkey", f"{work}/key.pem", "-out", f"{work}/p7s"])
    checked = best(["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", f"{work}/p7s", "-content", list_, "-CAfile", f"{work}/ca.pem", "-purpose", "any",
                    "-out", "/dev/null"])
    return made, checked


def proof(program, store, work, show, head):
    """store: of snapshots that nobody sealed."""
    keys(work)
    sign = ["--sign-key", f"{work}/key.pem", "--sign-cert", f"{work}/cert.pem"]
    run([program, "report", "--store", store, "--out", f"{work}/signed", *sign])
    pack = str(next(p for p in pathlib.Path(work, "signed").iterdir() if p.is_dir()))
    files = [str(p) for p in sorted(pathlib.Path(pack).rglob("*")) if p.is_file()]
    snapshots = [str(p) for p in sorted(pathlib.Path(store, "snapshots").glob("*.db"))]
    head(f"seal, sign, verify: a pack of {size(pack) / 1e6:.0f} MB, snapshots of {sum(os.path.getsize(p) for p in snapshots) / 1e6:.0f} MB")
    made, checked = signature(work)
    show("openssl cms -sign, -verify", made, f"and {checked.cpu:.2f} s")
    hashed = {}
    for what, these in (("pack", files), ("snapshots", snapshots)):
        for name, command in (("sha256sum", ["sha256sum"]), ("openssl", ["openssl", "dgst", "-sha256"])):
            hashed[what, name] = best(command + these)
            show(f"{name}, {what}", hashed[what, name])

    def beside(what, cost, of, signatures):
        base = {name: hashed[of, name].cpu + signatures for name in ("sha256sum", "openssl")}
        wall = {name: hashed[of, name].wall + signatures for name in ("sha256sum", "openssl")}
        show(what, cost, "; ".join(f"{cost.wall / wall[n]:.2f} times {n} ({cost.cpu / base[n]:.2f} of its processor time)" for n in base))

    beside("verify PACK", best([program, "verify", pack, "--trust", f"{work}/ca.pem"]), "pack", 3 * checked.cpu)
    show("verify PACK.zip", best([program, "verify", pack + ".zip", "--trust", f"{work}/ca.pem"], 1), "unpacks first")
    beside("sign PACK", run([program, "sign", pack, "--sign-key", f"{work}/second.pem", "--sign-cert", f"{work}/second-cert.pem"]), "pack", 3 * checked.cpu + made.cpu)
    beside("seal", run([program, "seal", "--store", store, *sign]), "snapshots", made.cpu)
    beside("verify STORE", best([program, "verify", store, "--trust", f"{work}/ca.pem"]), "snapshots", checked.cpu)
    show("verify PACK --deep", run([program, "verify", pack, "--trust", f"{work}/ca.pem", "--deep"]), "judges and draws again")
    shutil.rmtree(f"{work}/signed")
