// Texts whose words were annotated: which to keep, and which even when compressing hard.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/result.h"
#include "stages/network/keep_loss.h"

namespace pith {

/// A record {"text", "words": [[begin, end]...], "labels": [0, 1 or 2...], "lang", "source"}; the
/// last two may be missing.
struct LabelledText {
  std::string text, lang, source;
  std::vector<ByteSpan> words;    ///< Not empty, ascending, not empty each, inside the text.
  std::vector<KeepLabel> labels;  ///< [num_words]
};

/// One record. Errors: kInvalidArgument with the field.
Result<LabelledText> parse_labelled_text(std::string_view json);

/// All records of a file but those of sources that match (source_matches). Errors: kFileUnreadable,
/// kInvalidArgument with line and field.
Result<std::vector<LabelledText>> read_labelled_texts(
    const std::string& path, const std::vector<std::string>& leave_out_sources = {});

}  // namespace pith
