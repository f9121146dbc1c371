// Character classes as the Hugging Face engine's tables have them.
#pragma once

namespace pith {

/// Those tables are of Unicode 8 (categories) and 9 (decompositions); ICU's are newer, and what was
/// assigned later belongs to no class here. A character whose category changed since has the new
/// one.
bool bert_control(char32_t c);      ///< Cc, Cf, Co, but for tab, LF and CR.
bool bert_punctuation(char32_t c);  ///< P*, and all ASCII punctuation.
bool nonspacing_mark(char32_t c);   ///< Mn.
/// White_Space.
bool white_space(char32_t c);
/// The ideograph blocks that BERT sets apart. The engine's range begins at U+2B920 where BERT's own
/// code has U+2B820.
bool bert_ideograph(char32_t c);
/// Known to the engine's decomposition tables.
bool decomposition_known(char32_t c);
/// Letters, marks, digits, connectors: what makes a word in a regular expression.
bool word_character(char32_t c);

}  // namespace pith
