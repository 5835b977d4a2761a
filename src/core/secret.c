#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "core/log.h"

static int
make_file(const char *path, const char *what, const char *words,
          struct log *log)
{
    uint8_t secret[32];
    char text[128];
    int n, fd;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
              0600);
    if (fd < 0 || RAND_bytes(secret, sizeof(secret)) != 1)
        goto fail;
    n = snprintf(text, sizeof(text), "%s ", words);
    for (int i = 0; i < 32; i++)
        n += snprintf(text + n, sizeof(text) - (size_t) n, "%02x", secret[i]);
    text[n++] = '\n';
    if (write(fd, text, (size_t) n) != n || fsync(fd) != 0)
        goto fail;
    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(secret, sizeof(secret));
    close(fd);
    log_write(log, LOG_NOTICE, 0, "made a new %s in \"%s\"", what, path);
    return 0;
fail:
    log_write(log, LOG_EMERG, errno, "making the %s \"%s\" failed", what,
              path);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return -1;
}

FILE *
secret_file_open(const char *path, const char *what, const char *words,
                 struct log *log)
{
    struct stat st;
    FILE *f;

    if (access(path, F_OK) != 0 && make_file(path, what, words, log) != 0)
        return NULL;
    f = fopen(path, "re");
    if (f == NULL) {
        log_write(log, LOG_EMERG, errno, "open() \"%s\" failed", path);
        return NULL;
    }
    if (fstat(fileno(f), &st) == 0 && (st.st_mode & 077) != 0)
        log_write(log, LOG_WARN, 0, "the %s \"%s\" can be read by others",
                  what, path);
    return f;
}
