// Finding the training documents that contain text one means to measure on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pith {

/// Recognises documents that share a stretch of kProbeBytes bytes with an added text, wherever it
/// stands.
class PassageFilter {
 public:
  static constexpr std::size_t kProbeBytes = 96;

  /// Takes probes from the text, one every kProbeBytes bytes and one at its end. Shorter texts are
  /// not watched.
  void add(std::string_view text);
  /// Linear in document.size(), by a rolling hash; a hit is compared byte by byte.
  bool shares_text(std::string_view document) const;
  bool empty() const { return probes_.empty(); }

 private:
  std::unordered_map<std::uint64_t, std::string> probes_;
};

}  // namespace pith
