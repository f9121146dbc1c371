// A compressor's answer for one text, checked before it is sent anywhere.
#pragma once

#include <string>
#include <string_view>

#include "messages/compress.h"

namespace pith {

/// `text` as `reply` keeps it; empty when nothing was gained, when the spans do not fit the text,
/// or when only blanks would be left (which Anthropic refuses).
std::string shortened_text(const SegmentReply& reply, std::string_view text);

}  // namespace pith
