/* verify: a good pack passes, and everything that was done to a pack is found and named. The pack is a small
 * one made here: a real snapshot, the bag's real lists, stand-ins for what is drawn. */
#include "pack/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "lib/digest.h"
#include "lib/sign.h"
#include "pack/bag.h"
#include "pack/book_small.h"
#include "pack/ooxml_sign.h"
#include "pack/pdf_sign.h"
#include "pack/pdf_small.h"
#include "store/store.h"

static char dir[] = "/tmp/kc-verify-XXXXXX";
static const struct bag_info info = {"KC-20261124-0a1b2c3d", "Contoso", "2026-11-24", "keycustody test", "x"};

static const char har[] = "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"x\",\"version\":\"1\"},"
                          "\"entries\":[{\"startedDateTime\":"
                          "\"2026-11-24T10:00:00Z\",\"request\":{\"method\":\"GET\",\"url\":\"https://"
                          "management.azure.com/subscriptions?api-version="
                          "2022-12-01\",\"headers\":[]},\"response\":{\"status\":200,\"headers\":[],"
                          "\"content\":{\"text\":\"{\\\"value\\\":[]}\"}}}]}}";

static int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int sh(const char *fmt, ...)
{
    char line[4096], whole[4608];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    snprintf(whole, sizeof whole, "cd %s && ( %s ) >>log 2>&1", dir, line);
    return system(whole);
}

static char *at(const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *text)
{
    struct err e = {""};

    if (file_write(at(name), text, strlen(text), 0600, &e) != 0)
        fail_msg("%s", e.text);
}

static void seal_bag(const char *pack)
{
    struct signer *s = NULL;
    struct buf der = {0};
    struct err e = {""};
    char *list = mem_print("%s/" BAG_TAGMANIFEST, at(pack)), *sig = mem_print("%s/" BAG_SIGNATURE, at(pack));

    if (bag_write(at(pack), &info, &e) != 0 || signer_load(&s, at("key.pem"), at("cert.pem"), &e) != 0 ||
        sign_detached_file(s, list, &der, &e) != 0 || file_write(sig, der.data, der.len, 0600, &e) != 0)
        fail_msg("%s", e.text);
    signer_free(s);
    buf_free(&der);
    free(list);
    free(sig);
}

static void put_pdf(void)
{
    struct signer *s = NULL;
    struct buf pdf = {0};
    struct err e = {""};

    pdf_small(&pdf);
    if (file_write(at("pack/data/report.pdf"), pdf.data, pdf.len, 0600, &e) != 0 ||
        signer_load(&s, at("key.pem"), at("cert.pem"), &e) != 0 ||
        pdf_sign(at("pack/data/report.pdf"), s, NULL, "2026-11-24T10:00:00Z", &e) != 0)
        fail_msg("%s", e.text);
    signer_free(s);
    buf_free(&pdf);
}

static void put_book(const char *path, const char *key, const char *cert)
{
    struct signer *s = NULL;
    struct err e = {""};

    if (book_small(at(path), &e) != 0 || signer_load(&s, at(key), at(cert), &e) != 0 ||
        ooxml_sign(at(path), s, "2026-11-24T10:00:00Z", &e) != 0)
        fail_msg("%s", e.text);
    signer_free(s);
}

static int setup(void **state)
{
    static const char *const files[] = {"README-auditor.md",    "data/report.pdf",  "data/report.txt",
                                        "data/evidence.xlsx",   "data/facts.db",    "data/findings.json",
                                        "data/controls.json",   "data/rebuild.sql", "data/policy.json",
                                        "data/engagement.json", "data/options.json"};
    struct store *store = NULL;
    struct buf chain = {0};
    struct err e = {""};

    (void)state;
    assert_non_null(mkdtemp(dir));
    /* what verify unpacks, apart from that of others who verify at this moment */
    assert_int_equal(sh("mkdir unpacked"), 0);
    assert_int_equal(setenv("TMPDIR", at("unpacked"), 1), 0);
    put("one.har", har);
    assert_int_equal(sh("mkdir -p pack/data/snapshots; '%s' collect --store store --replay one.har; '%s' "
                        "collect --store store"
                        " --replay one.har --taken-at 2030-01-01T00:00:00Z; test -f store/SHA256SUMS",
                        getenv("KEYCUSTODY"), getenv("KEYCUSTODY")),
                     0);
    assert_int_equal(sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "
                        "key.pem -subj /CN=Maker"
                        " -days 30 -out cert.pem && openssl req -x509 -newkey ec -pkeyopt "
                        "ec_paramgen_curve:P-256 -nodes -keyout"
                        " other.key -subj /CN=Other -days 30 -out other.pem"),
                     0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = mem_print("pack/%s", files[i]);

        put(path, files[i]);
        free(path);
    }
    put_pdf();
    put_book("pack/data/evidence.xlsx", "key.pem", "cert.pem");
    if (store_open(&store, at("store"), &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(store_count(store), 2);
    buf_text(&chain, "{\"format\":1,\"snapshots\":[");
    for (size_t i = 0; i < 2; i++) {
        const struct store_snapshot *s = store_at(store, i);

        buf_print(&chain,
                  "%s{\"id\":\"%s\",\"taken_at\":\"%s\",\"file\":\"%s\",\"sha256\":\"%s\",\"previous\":",
                  i ? "," : "", s->id, s->taken_at, strchr(s->file, '/') + 1, s->sha256);
        buf_print(&chain, i ? "\"%s\",\"in_pack\":true}" : "null%s,\"in_pack\":false}",
                  i ? store_at(store, 0)->sha256 : "");
    }
    buf_text(&chain, "]}\n");
    put("pack/data/chain.json", buf_str(&chain));
    assert_int_equal(sh("cp store/snapshots/20300101*.db pack/data/snapshots/"), 0);
    store_close(store);
    buf_free(&chain);
    seal_bag("pack");
    assert_int_equal(sh("mkdir KC && cp -a pack KC/KC-20261124-0a1b2c3d && cd KC && /usr/bin/python3 -m "
                        "zipfile -c ../pack.zip "
                        "KC-20261124-0a1b2c3d && rm -r ../KC"),
                     0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sh("chmod -R u+w .");
    return file_remove_tree(dir, NULL);
}

static void keep_line(void *ctx, enum verify_result result, const char *what, const char *words)
{
    static const char *const marks[] = {"pass", "FAIL", "note"};

    buf_print(ctx, "%s  %s: %s\n", marks[result], what, words);
}

/* What verify says of a path, all lines. */
static int run(const char *path, const char *trust, int allow, struct buf *lines)
{
    const struct verify_options o = {
        .trust = trust ? at(trust) : NULL, .allow_unsigned = allow, .line = keep_line, .ctx = lines};
    struct err e = {""};
    int failed = verify_run(at(path), &o, &e);

    if (failed < 0)
        buf_print(lines, "ERROR %s\n", e.text);
    return failed;
}

static void untouched_packs_pass(void **state)
{
    static const struct {
        const char *path, *trust, *says;
    } cases[] = {
        {"pack", "cert.pem", "signed by CN=Maker"},
        {"pack", NULL, "whose that is was not checked"},
        {"pack", "cert.pem",
         "pass  data/evidence.xlsx: its own signature is by the certificate that signed the "
         "pack and covers 4 parts, all but [Content_Types].xml, "},
        {"pack.zip", "cert.pem", "names, kinds and sizes are sound"},
        {"store", NULL, "2 snapshots, each whole"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf lines = {0};

        if (run(cases[i].path, cases[i].trust, 0, &lines) != 0 || !strstr(buf_str(&lines), cases[i].says))
            fail_msg("%s:\n%s", cases[i].path, buf_str(&lines));
        buf_free(&lines);
    }
}

static void unsigned_packs_say_so(void **state)
{
    struct buf lines = {0};

    (void)state;
    assert_int_equal(sh("rm -rf t && cp -a pack t && rm t/*.p7s"), 0);
    assert_int_equal(run("t", NULL, 0, &lines), 1);
    assert_non_null(
        strstr(buf_str(&lines), "FAIL  signature: unsigned: proves no author; anyone could have remade it"));
    buf_clear(&lines);
    assert_int_equal(run("t", NULL, 1, &lines), 0);
    assert_non_null(
        strstr(buf_str(&lines), "note  signature: unsigned: proves no author; anyone could have remade it"));
    assert_non_null(strstr(buf_str(&lines),
                           "note  data/evidence.xlsx: its own signature fits the certificate "
                           "of CN=Maker; no signature of the pack"));
    buf_free(&lines);
}

static void tampering_is_found_and_named(void **state)
{
    static const struct {
        const char *how, *says; /* how: in a copy of the pack */
    } cases[] = {
        {"printf x >> data/report.pdf", "data/report.pdf: changed"},
        {"printf X | dd of=data/facts.db bs=1 seek=3 conv=notrunc", "data/facts.db: changed"},
        {"rm data/findings.json", "data/findings.json: missing"},
        {"cp data/report.txt data/extra.txt", "data/extra.txt: added"},
        {"cp data/report.txt extra.txt", "extra.txt: added"},
        {"mv data/report.txt data/report2.txt", "data/report2.txt: added"},
        {"mv data/report.txt x; cp data/report.pdf data/report.txt; mv x data/report.pdf",
         "data/report.txt: changed"},
        {"ln -s /etc/passwd data/link", "data/link"},
        {"rm data/report.txt; ln -s report.pdf data/report.txt", "data/report.txt"},
        {"mkfifo data/pipe", "data/pipe"},
        {"printf x >> README-auditor.md", "README-auditor.md: changed"},
        {"printf x >> bagit.txt", "bagit.txt: changed"},
        {"rm bagit.txt", "bagit.txt: missing"},
        {"rm manifest-sha256.txt", "manifest-sha256.txt: missing"},
        {"rm tagmanifest-sha256.txt", "tagmanifest-sha256.txt: missing"},
        {"rm data/chain.json", "data/chain.json: missing"},
        {"tail -n 1 manifest-sha256.txt >> manifest-sha256.txt", "stands there twice"},
        {"printf x >> tagmanifest-sha256.txt.p7s", "bytes behind its end"},
        {": > tagmanifest-sha256.txt.p7s", "no CMS in DER form"},
        {"cp tagmanifest-sha256.txt.p7s second.p7s; printf x >> second.p7s", "second.p7s"},
        {"touch 'data/a b'", "no file of such a name"},
        {"cp data/snapshots/*.db data/snapshots/20300102T000000Z-00000000.db", "not in chain.json"},
        {"sed -i 's/\"in_pack\":true/\"in_pack\":false/' data/chain.json", "the pack holds no snapshot"},
        {"sed -i 's/2030-01-01/2020-01-01/' data/chain.json", "not later than the one before it"},
        {"sed -i "
         "'s/\"previous\":\"[0-9a-f]*/"
         "\"previous\":\"0000000000000000000000000000000000000000000000000000000000000000/'"
         " data/chain.json",
         "does not name the hash of"},
        {"sed -i 's/{\"id\"[^}]*},//' data/chain.json",
         "names a snapshot before it that the list does not have"},
        {"printf '{}' > data/chain.json", "lists no snapshot"},
        {"printf '{' > data/chain.json", "data/chain.json: "},
        {"sed -i 's/\"file\":\"2030/\"file\":\"..\\/2030/' data/chain.json", "is not id, taken_at, file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf lines = {0};

        assert_int_equal(sh("rm -rf t && cp -a pack t && chmod -R u+w t && cd t && %s", cases[i].how), 0);
        if (run("t", "cert.pem", 1, &lines) < 1 || !strstr(buf_str(&lines), cases[i].says) ||
            !strstr(buf_str(&lines), "FAIL"))
            fail_msg("%s: wanted '%s'\n%s", cases[i].how, cases[i].says, buf_str(&lines));
        buf_free(&lines);
    }
}

/* Whoever re-hashes after the change has no key. */
static void a_remade_bag_has_no_signature_that_fits(void **state)
{
    struct buf lines = {0};
    struct err e = {""};

    (void)state;
    assert_int_equal(sh("rm -rf t && cp -a pack t && printf x >> t/data/report.txt"), 0);
    assert_int_equal(bag_write(at("t"), &info, &e), 0);
    assert_int_equal(run("t", NULL, 1, &lines), 1);
    assert_non_null(strstr(buf_str(&lines), "FAIL  tagmanifest-sha256.txt.p7s"));
    buf_clear(&lines);
    assert_int_equal(run("pack", "other.pem", 1, &lines), 2); /* the pack's signature and the PDF's */
    assert_non_null(strstr(buf_str(&lines), "certificate verify error"));
    buf_free(&lines);
}

/* A workbook of somebody else's, or none that is signed, in a bag that was made and signed again. */
static void workbooks_are_held_against_the_signer(void **state)
{
    static const struct {
        const char *key, *cert, *says; /* of the workbook; key NULL: not signed */
        int failed;
    } cases[] = {
        {"key.pem", "cert.pem", "pass  data/evidence.xlsx: its own signature is by the certificate", 0},
        {"other.key", "other.pem",
         "FAIL  data/evidence.xlsx: its own signature is by the certificate of CN=Other, which is not the "
         "one",
         1},
        {"key.pem", "again.pem",
         "FAIL  data/evidence.xlsx: its own signature is by the certificate of CN=Maker, which is not the "
         "one",
         1},
        {NULL, NULL, "note  data/evidence.xlsx: holds no signature of its own", 0},
    };

    (void)state;
    assert_int_equal(sh("openssl req -x509 -key key.pem -subj /CN=Maker -days 30 -out again.pem"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf lines = {0};
        struct err e = {""};

        assert_int_equal(sh("rm -rf t && cp -a pack t && rm t/*.p7s"), 0);
        if (cases[i].key)
            put_book("t/data/evidence.xlsx", cases[i].key, cases[i].cert);
        else
            assert_int_equal(book_small(at("t/data/evidence.xlsx"), &e), 0);
        seal_bag("t");
        if (run("t", "cert.pem", 0, &lines) != cases[i].failed || !strstr(buf_str(&lines), cases[i].says))
            fail_msg("case %zu: wanted '%s'\n%s", i, cases[i].says, buf_str(&lines));
        buf_free(&lines);
    }
}

static void hostile_archives_are_refused(void **state)
{
    static const struct {
        const char *python, *says; /* z: the archive being written, T: a folder name */
    } cases[] = {
        {"z.writestr('../evil','x')", "../evil: refused"},
        {"z.writestr('/etc/evil','x')", "/etc/evil: refused"},
        {"z.writestr(T+'/../evil','x')", "evil: refused"},
        {"z.writestr(T+'/data/report.txt','x')", "stands there twice"},
        {"z.writestr(T+'/DATA/REPORT.TXT','x')", "stands there twice"},
        {"z.writestr('other/file','x')", "not in the pack"},
        {"z.writestr('file','x')", "not in the pack"},
        {"z.writestr(T+'/a\\\\b','x')", "a name that no pack has"},
        {"i=zipfile.ZipInfo(T+'/link'); i.create_system=3; i.external_attr=0o120777<<16; "
         "z.writestr(i,'/etc/passwd')",
         "a link"},
        {"i=zipfile.ZipInfo(T+'/fifo'); i.create_system=3; i.external_attr=0o010644<<16; z.writestr(i,'')",
         "a special file"},
        {"z.writestr(T+'/data/extra','x')", "data/extra: added"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf lines = {0};
        char *script =
            mem_print("import zipfile,warnings\nwarnings.simplefilter('ignore')\nT='KC-20261124-0a1b2c3d'\n"
                      "z=zipfile.ZipFile('t.zip','a')\n%s\nz.close()\n",
                      cases[i].python);

        put("t.py", script);
        assert_int_equal(sh("cp pack.zip t.zip && /usr/bin/python3 t.py"), 0);
        if (run("t.zip", NULL, 1, &lines) < 1 || !strstr(buf_str(&lines), cases[i].says))
            fail_msg("%s: wanted '%s'\n%s", cases[i].python, cases[i].says, buf_str(&lines));
        free(script);
        buf_free(&lines);
    }
    assert_int_equal(sh("[ -z \"$(ls -A unpacked)\" ]"), 0); /* nothing stays behind */
}

static void damaged_archives_are_refused(void **state)
{
    (void)state;
    for (int at_byte = 40; at_byte < 4000; at_byte += 397) {
        struct buf lines = {0};

        assert_int_equal(sh("/usr/bin/python3 -c \"b=bytearray(open('pack.zip','rb').read()); b[%d]^=0x5a; "
                            "open('t.zip','wb').write(b)\"",
                            at_byte),
                         0);
        if (run("t.zip", "cert.pem", 0, &lines) < 1)
            fail_msg("byte %d was turned and nobody saw it:\n%s", at_byte, buf_str(&lines));
        buf_free(&lines);
    }
}

static void what_is_neither_is_an_error(void **state)
{
    struct buf lines = {0};

    (void)state;
    assert_int_equal(sh("mkdir -p empty"), 0);
    assert_int_equal(run("empty", NULL, 0, &lines), -1);
    assert_int_equal(run("absent", NULL, 0, &lines), -1);
    buf_free(&lines);
}

static void broken_stores_are_named(void **state)
{
    struct buf lines = {0};

    (void)state;
    assert_int_equal(sh("rm -rf t && cp -a store t && chmod -R u+w t && rm t/snapshots/2026*.db"), 0);
    assert_true(run("t", NULL, 0, &lines) >= 1);
    assert_non_null(strstr(buf_str(&lines), "missing"));
    buf_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untouched_packs_pass),
        cmocka_unit_test(unsigned_packs_say_so),
        cmocka_unit_test(tampering_is_found_and_named),
        cmocka_unit_test(a_remade_bag_has_no_signature_that_fits),
        cmocka_unit_test(workbooks_are_held_against_the_signer),
        cmocka_unit_test(hostile_archives_are_refused),
        cmocka_unit_test(damaged_archives_are_refused),
        cmocka_unit_test(what_is_neither_is_an_error),
        cmocka_unit_test(broken_stores_are_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
