// The lines of a text, measured once: what every later judgement looks at.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pith {

/// What one line looks like on its own.
enum class LineLook : std::uint8_t {
  kBlank,
  kProse,
  kWeakCode,    ///< Could be code, configuration or a label.
  kStrongCode,  ///< Code, markup, diff, trace or prompt beyond reasonable doubt.
  kLog,
  kTable,
};

/// Offsets into the text: [begin, text_end) without trailing blanks, [begin, content_end) without
/// the line end.
struct Line {
  std::uint32_t begin = 0;
  std::uint32_t text_begin = 0;  ///< First non-blank byte, or text_end.
  std::uint32_t text_end = 0;
  std::uint32_t content_end = 0;
  std::uint32_t end = 0;
  std::uint32_t indent = 0;       ///< Columns, a tab reaching the next multiple of 4.
  std::uint32_t num_words = 0;    ///< Runs of non-blank bytes.
  std::uint32_t num_plain = 0;    ///< Of these, letters only, but for punctuation after them.
  std::uint32_t num_symbols = 0;  ///< Bytes that code has more of than prose: {}[]();=<>|&_\$@~^+%!
  std::uint32_t num_other = 0;    ///< Bytes above 0x7f.
  std::uint32_t num_commas = 0;
  std::uint32_t num_pipes = 0;
  std::uint32_t num_tabs = 0;  ///< Inside the line, not its indentation.
  std::uint32_t num_gaps = 0;  ///< Runs of two or more spaces, or a tab, inside the line.
  LineLook look = LineLook::kBlank;

  bool blank() const { return text_begin == text_end; }
  std::string_view text(std::string_view all) const {
    return all.substr(text_begin, text_end - text_begin);
  }
};

/// Splits at \n; a \r before it belongs to the line end. `look` is kBlank or kProse.
std::vector<Line> measure_lines(std::string_view text);

}  // namespace pith
