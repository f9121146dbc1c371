// How the pieces of a model say where words begin.
#pragma once

#include <string>
#include <string_view>

#include "messages/result.h"

namespace pith {

struct PieceStyle {
  bool metaspace = false;    ///< XLM-R's U+2581 in front of words; else BERT's "##" inside them.
  bool bare_labels = false;  ///< Words of the label string are without U+2581.

  /// The piece without the marks in front of it.
  std::string_view bare(std::string_view piece) const;
};

/// By the name of the folder, as the reference goes by the model's; where that says nothing, by
/// "model_type" in its config.json. Errors: kFileUnreadable.
Result<PieceStyle> piece_style(const std::string& folder);

}  // namespace pith
