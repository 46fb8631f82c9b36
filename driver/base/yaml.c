// Listens to libcyaml's log, which is where it says what is wrong.
#include "base/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void listen(cyaml_log_t level, void *ctx, const char *format, va_list args) {
    struct yaml_words *w = ctx;
    if (level < CYAML_LOG_ERROR)
        return;
    char text[256];
    (void)vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    const char *line = strstr(text, "line: ");
    if (strstr(text, "Backtrace") != NULL)
        w->in_backtrace = true;
    else if (line != NULL && w->line == 0)
        w->line = (unsigned)strtoul(line + strlen("line: "), NULL, 10);
    else if (!w->in_backtrace && w->reason[0] == '\0')
        (void)snprintf(w->reason, sizeof w->reason, "%s",
                       strncmp(text, "Load: ", 6) == 0 ? text + 6 : text);
}

cyaml_config_t yaml_config(struct yaml_words *words, bool strict) {
    *words = (struct yaml_words){0};
    return (cyaml_config_t){
        .log_fn = listen,
        .log_ctx = words,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS | (strict ? 0 : CYAML_CFG_IGNORE_UNKNOWN_KEYS),
    };
}

const char *yaml_reason(const struct yaml_words *words, cyaml_err_t err) {
    return words->reason[0] != '\0' ? words->reason : cyaml_strerror(err);
}
