/* Texts that come from elsewhere: what would write over a terminal, or break a file of results.
 *
 * Control characters are those of ASCII and of ISO 6429's second set (U+0080 to U+009F), which
 * terminals obey too. Everything else that is UTF-8 (RFC 3629) may stand in a text.
 */
#include "base/text.h"

/* Bytes of the character at `text`, 0 where none begins there that UTF-8 has. */
static size_t character_size(const unsigned char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80             ? 1
                  : (text[0] & 0xe0) == 0xc0 ? 2
                  : (text[0] & 0xf0) == 0xe0 ? 3
                  : (text[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    uint32_t character = size < 2 ? text[0] : text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) { /* its NUL too: nothing behind the end is read */
            return 0;
        }
        character = character << 6 | (text[i] & 0x3fu);
    }
    bool is_surrogate = character >= 0xd800 && character <= 0xdfff;
    return size == 0 || character < least[size] || character > 0x10ffff || is_surrogate ? 0 : size;
}

/* Whether a character of that size is one that controls. */
static bool is_control(const unsigned char *text, size_t size, bool may_have_lines)
{
    if (may_have_lines && (text[0] == '\n' || text[0] == '\t')) {
        return false;
    }
    return size == 1 ? text[0] < 0x20 || text[0] == 0x7f
                     : size == 2 && text[0] == 0xc2 && text[1] < 0xa0;
}

bool sim_text_is_tame(const char *text, bool may_have_lines)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        size_t size = character_size(at);
        if (size == 0 || is_control(at, size, may_have_lines)) {
            return false;
        }
        at += size;
    }
    return true;
}

void sim_text_tame(char *text, bool may_have_lines)
{
    unsigned char *at = (unsigned char *)text;
    while (*at != '\0') {
        size_t size = character_size(at);
        bool is_wild = size == 0 || is_control(at, size, may_have_lines);
        size = size == 0 ? 1 : size;
        for (size_t i = 0; i < size && is_wild; i++) {
            at[i] = ' ';
        }
        at += size;
    }
}
