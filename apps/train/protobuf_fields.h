// Just enough of the protobuf wire format to look at, and change, fields of a serialised message.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pith {

/// Copies a serialised message; the content of every length-delimited field `number` is replaced by
/// what `change` gives. A message that is not well-formed is copied as it is from the first wrong
/// byte on.
std::string rewrite_fields(std::string_view message, std::uint32_t number,
                           const std::function<std::string(std::string_view)>& change);

}  // namespace pith
