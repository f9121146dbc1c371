// JSON as it stands in a file: checked once, then read in place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pith {

/// Objects and arrays inside one another: no deeper than this.
inline constexpr int kJsonDepthMax = 64;

/// Nothing where `document` is one JSON value (RFC 8259, blanks around it) in valid UTF-8 whose
/// objects name no member twice; else what is wrong, and at which byte. Time: one pass, and sorting
/// the keys. Memory: a hash per key of the objects that are open, less than three times the
/// document.
std::optional<std::string> json_fault(std::string_view document);

// For documents without fault only.

/// The first byte at or after `at` that is no blank, or the end.
std::size_t json_begin(std::string_view document, std::size_t at);
/// One past the value that begins at `at`.
std::size_t json_end(std::string_view document, std::size_t at);
/// What a string, given with its quotes, means.
std::string json_unescaped(std::string_view quoted);

/// `name`, which a file chose, fit for an error: cut to 80 bytes, controls and quotes as '?'.
std::string printable_name(std::string_view name);

}  // namespace pith
