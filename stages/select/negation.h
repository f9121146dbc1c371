// Words that turn a statement around, in en, de, fr, es, it, pt, ru, ko, zh and ja.
#pragma once

#include <cstddef>
#include <string_view>

namespace pith {

/// `word`: letters, with apostrophes inside ("don't", "don’t", "n'est", "nicht"). Case does not
/// matter.
bool is_negation(std::string_view word);

/// Bytes of the negation that begins at text[at], for scripts without blanks between words; 0 when
/// none does.
std::size_t negation_bytes_at(std::string_view text, std::size_t at);

}  // namespace pith
