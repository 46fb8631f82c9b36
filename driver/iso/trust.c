// The words for the kinds of trust.
#include "iso/trust.h"

#include <stddef.h>

const char *const trust_words[TRUST_COUNT + 1] = {"none", "checksum", "signed", "pinned", NULL};
