/* The symbols of Tencent's archive SDK (doc 91774), for tests: what it answers lies in a folder.
 *
 * records        a line a record: its seq, a space, its JSON
 * media/<id>     the bytes of a file
 * chat.rc init.rc media.rc   a code to fail with
 * chat.json      an answer of its own
 * stuck          files never end
 * calls          a line a call is added here
 *
 * DecryptData is AES-256-CBC with PKCS#7: the key are the first 32 bytes of the key string, the IV
 * the first 16 of them, and the message is in base64. How the real one does it is not published.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char *buf; int len; } Slice;
typedef struct { char *index; int index_len; char *data; int data_len; int last; } Media;
typedef struct { int begun; } Sdk;

static char folder[1024];
static int alive = 0; /* what was made and not freed */
enum { PIECE = 512 * 1024 };

/* --- for the test ------------------------------------------------------------------------- */

void Stage(const char *path) { snprintf(folder, sizeof folder, "%s", path); }
int Alive(void) { return alive; }

/* --- files --------------------------------------------------------------------------------- */

static FILE *at(const char *name, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, mode);
}

static char *whole(const char *name, long *size) {
    FILE *file = at(name, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    *size = fread(bytes, 1, *size, file);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static int code(const char *name) {
    long size;
    char *bytes = whole(name, &size);
    int found = bytes ? atoi(bytes) : 0;
    free(bytes);
    return found;
}

static void called(const char *what, const char *one, const char *two) {
    FILE *file = at("calls", "ab");
    if (!file) return;
    fprintf(file, "%s|%s|%s\n", what, one ? one : "", two ? two : "");
    fclose(file);
}

/* --- AES, as in FIPS 197 ------------------------------------------------------------------- */

static uint8_t box[256], back[256];

static uint8_t twice(uint8_t x) { return (uint8_t)((x << 1) ^ (x >> 7 ? 0x1b : 0)); }

static uint8_t times(uint8_t x, uint8_t y) {
    uint8_t product = 0;
    for (; y; y >>= 1, x = twice(x))
        if (y & 1) product ^= x;
    return product;
}

static void boxes(void) {
    uint8_t p = 1, q = 1;
    if (box[0]) return;
    do { /* p runs through all, q is its inverse */
        p = p ^ twice(p);
        q ^= q << 1, q ^= q << 2, q ^= q << 4;
        if (q & 0x80) q ^= 0x09;
        uint8_t s = q;
        for (int i = 1; i < 5; i++) s ^= (uint8_t)(q << i | q >> (8 - i));
        box[p] = s ^ 0x63;
    } while (p != 1);
    box[0] = 0x63;
    for (int i = 0; i < 256; i++) back[box[i]] = (uint8_t)i;
}

static void expanded(const uint8_t key[32], uint8_t w[240]) {
    uint8_t round = 1;
    memcpy(w, key, 32);
    for (int i = 8; i < 60; i++) {
        uint8_t t[4];
        memcpy(t, w + 4 * (i - 1), 4);
        if (i % 8 == 0) {
            uint8_t first = t[0];
            t[0] = box[t[1]] ^ round, t[1] = box[t[2]], t[2] = box[t[3]], t[3] = box[first];
            round = twice(round);
        } else if (i % 8 == 4) {
            for (int k = 0; k < 4; k++) t[k] = box[t[k]];
        }
        for (int k = 0; k < 4; k++) w[4 * i + k] = w[4 * (i - 8) + k] ^ t[k];
    }
}

static void keyed(uint8_t s[16], const uint8_t *key) {
    for (int i = 0; i < 16; i++) s[i] ^= key[i];
}

static void block(const uint8_t w[240], uint8_t s[16]) {
    uint8_t t[16];
    keyed(s, w + 224);
    for (int round = 13; round >= 0; round--) {
        for (int i = 0; i < 16; i++) t[(i + 4 * (i % 4)) % 16] = back[s[i]]; /* rows, then bytes */
        memcpy(s, t, 16);
        keyed(s, w + 16 * round);
        for (int c = 0; round && c < 16; c += 4) {
            memcpy(t, s + c, 4);
            for (int i = 0; i < 4; i++)
                s[c + i] = times(t[i], 14) ^ times(t[(i + 1) % 4], 11) ^ times(t[(i + 2) % 4], 13) ^
                           times(t[(i + 3) % 4], 9);
        }
    }
}

static int unbase64(const char *text, uint8_t *bytes) {
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t held = 0;
    int bits = 0, many = 0;
    for (; *text && *text != '='; text++) {
        const char *found = strchr(all, *text);
        if (!found) return -1;
        held = held << 6 | (uint32_t)(found - all);
        if ((bits += 6) >= 8) bytes[many++] = (uint8_t)(held >> (bits -= 8));
    }
    return many;
}

/* --- the SDK ------------------------------------------------------------------------------- */

Sdk *NewSdk(void) { return alive++, calloc(1, sizeof(Sdk)); }
void DestroySdk(Sdk *sdk) { called("destroy", "", ""), alive--, free(sdk); }

int Init(Sdk *sdk, const char *corp, const char *secret) {
    called("init", corp, secret);
    sdk->begun = 1;
    return code("init.rc");
}

Slice *NewSlice(void) { return alive++, calloc(1, sizeof(Slice)); }
void FreeSlice(Slice *slice) { alive--, free(slice->buf), free(slice); }
char *GetContentFromSlice(Slice *slice) { return slice->buf; }
int GetSliceLen(Slice *slice) { return slice->len; }

static void put(Slice *out, const char *bytes, int len) {
    out->buf = realloc(out->buf, out->len + len + 1);
    memcpy(out->buf + out->len, bytes, len);
    out->buf[out->len += len] = 0;
}

int GetChatData(Sdk *sdk, unsigned long long seq, unsigned int limit, const char *proxy,
                const char *passwd, int timeout, Slice *out) {
    char asked[64];
    long size;
    if (!sdk->begun || limit > 1000 || timeout <= 0) return 10000;
    snprintf(asked, sizeof asked, "chat %llu %u", seq, limit);
    called(asked, proxy, passwd);
    if (code("chat.rc")) return code("chat.rc");
    char *told = whole("chat.json", &size);
    if (told) return put(out, told, (int)size), free(told), 0;
    char *records = whole("records", &size), *line, *rest = NULL;
    static const char begin[] = "{\"errcode\":0,\"errmsg\":\"ok\",\"chatdata\":[";
    put(out, begin, sizeof begin - 1);
    unsigned int many = 0;
    for (line = strtok_r(records, "\n", &rest); line && many < limit; line = strtok_r(NULL, "\n", &rest)) {
        char *json;
        if (strtoull(line, &json, 10) <= seq) continue;
        if (many++) put(out, ",", 1);
        put(out, json + 1, (int)strlen(json + 1));
    }
    put(out, "]}", 2);
    free(records);
    return 0;
}

int DecryptData(const char *key, const char *message, Slice *out) {
    uint8_t w[240], iv[16], *bytes = malloc(strlen(message) + 1);
    int many = unbase64(message, bytes), pad = 0, right = 1;
    boxes();
    if (strlen(key) < 32 || many < 16 || many % 16) return free(bytes), 10006;
    expanded((const uint8_t *)key, w);
    memcpy(iv, key, 16);
    for (int i = 0; i < many; i += 16) {
        uint8_t sealed[16];
        memcpy(sealed, bytes + i, 16);
        block(w, bytes + i);
        keyed(bytes + i, iv);
        memcpy(iv, sealed, 16);
    }
    pad = bytes[many - 1];
    for (int i = 0; i < pad && pad <= 16; i++) right &= bytes[many - 1 - i] == pad;
    if (pad < 1 || pad > 16 || !right) return free(bytes), 10006;
    put(out, (char *)bytes, many - pad);
    free(bytes);
    return 0;
}

Media *NewMediaData(void) { return alive++, calloc(1, sizeof(Media)); }
void FreeMediaData(Media *media) { alive--, free(media->index), free(media->data), free(media); }
char *GetOutIndexBuf(Media *media) { return media->index; }
int GetIndexLen(Media *media) { return media->index_len; }
char *GetData(Media *media) { return media->data; }
int GetDataLen(Media *media) { return media->data_len; }
int IsMediaDataFinish(Media *media) { return media->last; }

int GetMediaData(Sdk *sdk, const char *index, const char *id, const char *proxy, const char *passwd,
                 int timeout, Media *out) {
    char name[512];
    long size, start = 0, stuck;
    if (!sdk->begun || timeout <= 0) return 10000;
    called("media", index, proxy);
    (void)passwd;
    if (code("media.rc")) return code("media.rc");
    if (index && *index && sscanf(index, "Range:bytes=%ld-", &start) != 1) return 10000;
    snprintf(name, sizeof name, "media/%s", id);
    char *bytes = whole(name, &size);
    if (!bytes || start > size) return free(bytes), 10005;
    char *never = whole("stuck", &stuck);
    out->data_len = never ? 0 : (int)(size - start < PIECE ? size - start : PIECE);
    out->data = malloc(out->data_len + 1);
    memcpy(out->data, bytes + start, out->data_len);
    start += out->data_len;
    out->last = !never && start >= size;
    out->index = malloc(64);
    out->index_len = out->last ? 0 : snprintf(out->index, 64, "Range:bytes=%ld-%ld", start, start + PIECE - 1);
    free(bytes), free(never);
    return 0;
}
