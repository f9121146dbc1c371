#include "stages/score/ngram_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cassert>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "stages/model_files/mapped_file.h"

namespace pith::ngram {
namespace {

template <class T>
void append(std::string& bytes, T value) {
  static_assert(std::endian::native == std::endian::little);
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

std::string context_bits(const KeptLevel& level) {
  std::string bytes;
  for (std::size_t begin = 0; begin < level.keys.size(); begin += 64) {
    std::uint64_t bits = 0;
    for (std::size_t i = begin; i < std::min(begin + 64, level.keys.size()); ++i) {
      if (level.context[i] != 0) bits |= std::uint64_t{1} << (i - begin);
    }
    append(bytes, bits);
  }
  return bytes;
}

/// Where each context's n-grams begin in the level above, and its end.
std::string children(const KeptLevel& level, const KeptLevel& above) {
  std::string bytes;
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < level.keys.size(); ++i) {
    if (level.context[i] == 0) continue;
    append(bytes, at);
    while (at < above.keys.size() && context_of(above.keys[at]) == level.keys[i]) ++at;
  }
  assert(at == above.keys.size());
  append(bytes, at);
  return bytes;
}

std::string section_bytes(const Section& section, std::string_view sentencepiece,
                          const std::vector<KeptLevel>& levels) {
  const auto k = static_cast<std::size_t>(section.level);
  const KeptLevel& level = levels[k];
  std::string bytes;
  switch (section.kind) {
    case Section::Kind::kSentencepiece:
      return std::string(sentencepiece);
    case Section::Kind::kWords:
      for (const Key key : level.keys) append(bytes, last_piece(key));
      return bytes;
    case Section::Kind::kSurprisal:
      for (const float prob : level.prob) append(bytes, quantise_surprisal(-std::log(prob)));
      return bytes;
    case Section::Kind::kContextBits:
      return context_bits(level);
    case Section::Kind::kBackoff:
      for (std::size_t i = 0; i < level.keys.size(); ++i) {
        if (level.context[i] != 0) append(bytes, quantise_backoff(-std::log(level.backoff[i])));
      }
      return bytes;
    case Section::Kind::kChildren:
      return children(level, levels[k + 1]);
  }
  return bytes;
}

}  // namespace

std::string to_file(Header header, std::string_view sentencepiece,
                    const std::vector<KeptLevel>& levels) {
  header.order = static_cast<int>(levels.size());
  header.vocab_size = static_cast<std::uint32_t>(levels.front().keys.size());
  header.sentencepiece_bytes = sentencepiece.size();
  for (std::size_t k = 0; k < levels.size(); ++k) {
    header.num_ngrams[k] = levels[k].keys.size();
    header.num_contexts[k] = 0;
    for (const std::uint8_t context : levels[k].context) header.num_contexts[k] += context;
  }
  std::string file = to_text(header);
  const Layout layout = layout_of(header, file.size());
  for (std::size_t i = 0; i < layout.num_sections; ++i) {
    file.resize(layout.sections[i].offset, '\0');
    file += section_bytes(layout.sections[i], sentencepiece, levels);
    assert(file.size() == layout.sections[i].offset + layout.sections[i].bytes);
  }
  file += sha256_hex({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()});
  assert(file.size() == layout.file_bytes);
  return file;
}

Result<Done> replace_file(const std::string& path, std::string_view bytes) {
  const std::string partial = path + ".partial";
  const auto failed = [&] {
    const std::string why = std::strerror(errno);
    ::unlink(partial.c_str());
    return Error{ErrorCode::kStorageFailed, path + ": " + why};
  };
  const int fd = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return failed();
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const Error error = failed();
      ::close(fd);
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0 || ::close(fd) != 0) return failed();
  if (std::rename(partial.c_str(), path.c_str()) != 0) return failed();
  return Done{};
}

}  // namespace pith::ngram
