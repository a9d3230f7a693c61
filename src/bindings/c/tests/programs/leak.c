/* Forgets a string that is to be freed. */
#include "check.h"

int main(void) {
    herald_manager *manager;
    OK(herald_open(NULL, 0, &manager));
    char *text;
    OK(herald_get_notes(manager, &text));
    text = NULL;
    OK(herald_get_notes(manager, &text));
    herald_string_free(text);
    OK(herald_close(manager));
    return 0;
}
