#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "stages/structure/fixed_blocks.h"
#include "stages/structure/fold.h"
#include "stages/structure/kept_tags.h"
#include "stages/structure/line_kinds.h"
#include "stages/structure/line_look.h"
#include "stages/structure/lines.h"
#include "stages/structure/region.h"
#include "stages/structure/shown_value.h"

namespace pith {
namespace {

void append(Structure& structure, std::uint32_t begin, std::uint32_t end, RegionKind kind) {
  if (begin >= end) return;
  auto& regions = structure.regions;
  if (!regions.empty() && regions.back().kind == kind && regions.back().span.end == begin) {
    regions.back().span.end = end;
  } else {
    regions.push_back({{begin, end}, kind});
  }
}

class Finder {
 public:
  Finder(std::string_view text, SegmentKind kind, const CompressOptions& options)
      : text_(text),
        options_(options),
        lines_(measure_lines(text)),
        kinds_(lines_.size(), RegionKind::kProse),
        fixed_(lines_.size()),
        free_(lines_.size(), true),
        kind_(kind),
        json_is_data_(kind != SegmentKind::kSystem && kind != SegmentKind::kAssistant) {
    if ((options.protect & kProtectTags) != 0) tags_ = kept_tag_blocks(text);
  }

  Structure run() {
    keep_tags();
    fix_blocks();
    judge_lines(text_, lines_, fixed_, kinds_);
    if ((options_.protect & kProtectCode) == 0) {
      std::replace(kinds_.begin(), kinds_.end(), RegionKind::kCode, RegionKind::kProse);
    }
    make_regions();
    if (!strings_.empty()) open_strings();
    if (options_.structure) make_cuts();
    return std::move(structure_);
  }

 private:
  // Lines that a tag block touches are not looked into, so that a fence inside it cannot reach out.
  void keep_tags() {
    std::size_t line = 0;
    for (const ByteSpan& tag : tags_) {
      while (line < lines_.size() && lines_[line].end <= tag.begin) ++line;
      for (; line < lines_.size() && lines_[line].begin < tag.end; ++line) {
        free_[line] = false;
        const bool inside =
            lines_[line].text_begin >= tag.begin && lines_[line].text_end <= tag.end;
        fixed_[line] = true;
        // Around a block that takes part of a line there is prose: what asked for it is text.
        kinds_[line] = inside ? RegionKind::kCode : RegionKind::kProse;
        if (lines_[line].end > tag.end) break;
      }
    }
  }

  void fix_blocks() {
    FixedBlockFinder finder(text_, lines_);
    for (std::size_t i = 0; i < lines_.size();) {
      if ((!free_[i] || fixed_[i]) && !json_around_tag(i)) {
        ++i;
        continue;
      }
      std::optional<FixedBlock> block = finder.at(i);
      if (!block) {
        ++i;
        continue;
      }
      if (block->kind == RegionKind::kJson && inside_code(*block)) {
        block->kind = RegionKind::kCode;
        block->begin.reset();
      }
      const bool json = block->kind == RegionKind::kJson;
      for (; i < block->last; ++i) {
        fixed_[i] = true;
        kinds_[i] = block->kind;
        if (!free_[i]) {
          block->cuts.clear();
          block->strings.clear();
        }
      }
      if (json && json_is_data_ && options_.prose && (options_.protect & kProtectJsonText) == 0) {
        strings_.insert(strings_.end(), block->strings.begin(), block->strings.end());
      }
      if (json && json_is_data_ && options_.structure) {
        json_minified_ = json_minified_ || !block->cuts.empty();
        structure_.cuts.insert(structure_.cuts.end(), block->cuts.begin(), block->cuts.end());
      }
      if (block->begin) labels_.push_back({lines_[block->first].begin, *block->begin});
    }
  }

  // A tag block inside a string does not make prose of the JSON around it.
  bool json_around_tag(std::size_t line) const {
    const std::string_view text = lines_[line].text(text_);
    return !free_[line] && kinds_[line] == RegionKind::kProse && !text.empty() &&
           (text[0] == '{' || text[0] == '[');
  }

  bool looks_like_code(std::size_t line) const {
    const std::string_view text = lines_[line].text(text_);
    // Tags and prompts stand around tool output, too.
    if (text.starts_with("<") || text.starts_with("$ ")) return false;
    return look_of(text_, lines_[line]) == LineLook::kStrongCode;
  }

  // A literal in a source file is its author's to format.
  bool inside_code(const FixedBlock& block) const {
    if (block.last - block.first == 1) return false;
    if (block.begin && lines_[block.first].indent > 0) return true;
    std::size_t before = block.first;
    while (before > 0 && lines_[before - 1].blank()) --before;
    if (before > 0 && !fixed_[before - 1] && looks_like_code(before - 1)) return true;
    std::size_t after = block.last;
    while (after < lines_.size() && lines_[after].blank()) ++after;
    return after < lines_.size() && looks_like_code(after);
  }

  // Runs of lines, with the tag blocks and the labels before JSON laid over them.
  void make_regions() {
    std::size_t tag = 0;
    std::size_t label = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      std::uint32_t at = lines_[i].begin;
      if (label < labels_.size() && labels_[label].begin == at) {
        append(structure_, at, labels_[label].end, RegionKind::kProse);
        at = labels_[label++].end;
      }
      while (tag < tags_.size() && tags_[tag].begin < lines_[i].end) {
        append(structure_, at, std::max(at, tags_[tag].begin), kinds_[i]);
        at = std::max(at, tags_[tag].begin);
        const std::uint32_t end = std::min(tags_[tag].end, lines_[i].end);
        append(structure_, at, end, RegionKind::kCode);
        at = end;
        if (tags_[tag].end > lines_[i].end) break;
        ++tag;
      }
      append(structure_, at, lines_[i].end, kinds_[i]);
    }
  }

  // Long prose in JSON is what people mean to have shortened: its regions take the place of the
  // string's. Everything else in the document stays kJson.
  void open_strings() {
    CompressOptions inside = options_;
    inside.structure = false;  // a cut in a string would be no lossless one
    inside.protect |= kProtectJsonText;
    std::vector<Region> regions = std::exchange(structure_.regions, {});
    auto string = strings_.begin();
    for (const Region& region : regions) {
      std::uint32_t at = region.span.begin;
      while (string != strings_.end() && string->end <= at) ++string;
      for (; string != strings_.end() && string->end <= region.span.end; ++string) {
        if (region.kind != RegionKind::kJson || string->begin <= at) continue;
        append(structure_, at, string->begin, RegionKind::kJson);
        at = open_string(*string, inside) ? string->end : string->begin;
      }
      append(structure_, at, region.span.end, region.kind);
    }
  }

  bool open_string(ByteSpan string, const CompressOptions& options) {
    if (!is_long_prose(text_, string)) return false;
    const DecodedValue decoded = decode_value(text_, string);
    const std::vector<Region> regions = Finder(decoded.text, kind_, options).run().regions;
    const auto is_prose = [](const Region& region) { return region.kind == RegionKind::kProse; };
    if (std::none_of(regions.begin(), regions.end(), is_prose)) return false;
    std::uint32_t at = string.begin;
    std::uint32_t shift = string.begin;  // from an offset in the decoded value to one in the text
    auto escape = decoded.escapes.begin();
    for (const Region& region : regions) {
      for (; escape != decoded.escapes.end() && escape->begin < region.span.end + shift; ++escape)
        shift += escape->end - escape->begin - 1;
      const std::uint32_t end = region.span.end + shift;
      // JSON inside is a literal as any other block: no cuts in it, no strings of its own.
      append(structure_, at, end,
             region.kind == RegionKind::kJson ? RegionKind::kCode : region.kind);
      at = end;
    }
    ShownValue shown = show_value(text_, string);
    if (structure_.plain.empty()) structure_.plain = text_;
    structure_.plain.replace(string.begin, shown.text.size(), shown.text);
    structure_.escapes.insert(structure_.escapes.end(), shown.escapes.begin(), shown.escapes.end());
    structure_.opened.push_back(string);
    // No quotation mark ends a value that is cut short.
    if (string.end == text_.size() || text_[string.end] != '"') {
      const auto last = static_cast<std::uint32_t>(shown.text.find_last_not_of(" \n"));
      structure_.cut_word = {string.begin + last, string.begin + last + 1};
    }
    return true;
  }

  void make_cuts() {
    if (json_minified_) structure_.transforms.emplace_back("json_minify");
    fold_lines(text_, lines_, kinds_, free_, options_.repeat_markers, structure_);
    auto& cuts = structure_.cuts;
    std::sort(cuts.begin(), cuts.end(),
              [](const ByteSpan& a, const ByteSpan& b) { return a.begin < b.begin; });
  }

  std::string_view text_;
  const CompressOptions& options_;
  std::vector<Line> lines_;
  std::vector<RegionKind> kinds_;
  std::vector<bool> fixed_;  ///< Lines whose kind is settled.
  std::vector<bool> free_;   ///< Lines that a tag block does not touch.
  std::vector<ByteSpan> tags_;
  std::vector<ByteSpan> labels_;   ///< Prose before a JSON document on its line.
  std::vector<ByteSpan> strings_;  ///< Long string values of JSON, in order.
  SegmentKind kind_;
  bool json_is_data_;  ///< Not an example for the model, whose form may matter.
  bool json_minified_ = false;
  Structure structure_;
};

}  // namespace

Structure find_structure(std::string_view text, SegmentKind kind, const CompressOptions& options) {
  if (text.empty()) return {};
  // Offsets into text that is no UTF-8 could not be shown to a client: nobody touches it.
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    Structure untouched;
    untouched.regions.push_back({{0, static_cast<std::uint32_t>(text.size())}, RegionKind::kCode});
    return untouched;
  }
  return Finder(text, kind, options).run();
}

}  // namespace pith
