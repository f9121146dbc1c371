// BERT's cleaning of text.
#pragma once

#include "stages/tokenize/normalizer.h"

namespace pith {

class BertNormalizer final : public Normalizer {
 public:
  struct Rules {
    bool clean_text = true;            ///< Controls vanish, white space becomes a blank.
    bool handle_chinese_chars = true;  ///< Blanks around every ideograph.
    bool strip_accents = false;        ///< Canonical decomposition without nonspacing marks.
    bool lowercase = false;
  };
  explicit BertNormalizer(Rules rules) : rules_(rules) {}
  void apply(NormalizedText& text) const override;
  /// A replacement character for a wrong byte is the most.
  double growth() const override { return 4; }

 private:
  Rules rules_;
};

}  // namespace pith
