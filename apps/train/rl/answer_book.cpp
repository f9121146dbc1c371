#include "apps/train/rl/answer_book.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include "stages/model_files/mapped_file.h"

namespace pith {
namespace {

constexpr std::uint64_t kFailuresMax = 20;
constexpr std::size_t kPromptsAtOnce = 64;  ///< What a killed process may lose.
constexpr std::size_t kKeyDigits = 32;

/// Of each answer its chance, a blank, its bytes, a colon, itself.
std::string written(const AnswerBook::Answer& answer) {
  std::string text;
  for (const LikelyAnswer& each : answer) {
    char head[64];
    std::snprintf(head, sizeof head, "%.6g %zu:", each.chance, each.text.size());
    text += head + each.text;
  }
  return text;
}

std::optional<AnswerBook::Answer> answers_in(std::string_view text) {
  AnswerBook::Answer answers;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon > 40) return std::nullopt;
    const std::string head(text.substr(0, colon));
    LikelyAnswer answer;
    std::size_t size = 0;
    if (std::sscanf(head.c_str(), "%lf %zu", &answer.chance, &size) != 2 ||
        size > text.size() - colon - 1) {
      return std::nullopt;
    }
    answer.text = text.substr(colon + 1, size);
    answers.push_back(std::move(answer));
    text.remove_prefix(colon + 1 + size);
  }
  return answers;
}

/// A line: 32 hex digits of the prompt's hash, a blank, the answers' bytes, a colon, the answers.
std::string line_of(std::string_view digits, const AnswerBook::Answer& answer) {
  const std::string text = written(answer);
  return std::string(digits) + ' ' + std::to_string(text.size()) + ':' + text + '\n';
}

}  // namespace

std::size_t AnswerBook::KeyHash::operator()(const Key& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

AnswerBook::Key AnswerBook::key_of(const std::string& prompt, bool likely) {
  const std::string asked = likely ? "likely\n" + prompt : prompt;
  const std::string digits =
      sha256_hex({reinterpret_cast<const std::uint8_t*>(asked.data()), asked.size()});
  Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  }
  return key;
}

Result<std::unique_ptr<AnswerBook>> AnswerBook::open(const std::string& path, Reader& reader,
                                                     unsigned concurrency) {
  std::unique_ptr<AnswerBook> book(new AnswerBook(reader, std::max(1U, concurrency)));
  if (const auto loaded = book->load(path); !loaded) return loaded.error();
  return book;
}

Result<Done> AnswerBook::load(const std::string& path) {
  path_ = path;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error{ErrorCode::kStorageFailed, path + ": cannot be opened"};
  ::close(fd);
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::string_view digits = std::string_view(bytes).substr(at, kKeyDigits);
    if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
      return Error{ErrorCode::kFileUnreadable, path + ": not a file of answers"};
    }
    const std::size_t colon = bytes.find(':', at);
    if (colon == std::string::npos || colon < at + kKeyDigits + 2) break;
    const std::string size_text = bytes.substr(at + kKeyDigits + 1, colon - at - kKeyDigits - 1);
    if (size_text.empty() || size_text.size() > 9 ||
        size_text.find_first_not_of("0123456789") != std::string::npos) {
      return Error{ErrorCode::kFileUnreadable, path + ": not a file of answers"};
    }
    const std::size_t size = std::stoul(size_text);
    if (colon + 1 + size >= bytes.size() || bytes[colon + 1 + size] != '\n') break;
    Key key{};
    for (std::size_t i = 0; i < key.size(); ++i) {
      const std::string byte(digits.substr(2 * i, 2));
      key[i] = static_cast<std::uint8_t>(std::stoul(byte, nullptr, 16));
    }
    Entry entry;
    entry.place = entries_.size();
    auto answers = answers_in(std::string_view(bytes).substr(colon + 1, size));
    if (!answers) return Error{ErrorCode::kFileUnreadable, path + ": not a file of answers"};
    entry.answer = *std::move(answers);
    entries_.emplace(key, std::move(entry));
    at = colon + 2 + size;
  }
  if (at < bytes.size()) {
    std::error_code failed;
    std::filesystem::resize_file(path, at, failed);
    if (failed) return Error{ErrorCode::kStorageFailed, path + ": " + failed.message()};
  }
  file_.open(path, std::ios::binary | std::ios::app);
  if (!file_) return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  return Done{};
}

Result<Done> AnswerBook::append(const Key& key, const Answer& answer) {
  char digits[kKeyDigits + 1];
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::snprintf(digits + 2 * i, 3, "%02x", static_cast<unsigned>(key[i]));
  }
  if (!(file_ << line_of(digits, answer))) {
    return Error{ErrorCode::kStorageFailed, path_ + ": cannot be written"};
  }
  Entry entry;
  entry.answer = answer;
  entry.place = entries_.size();
  entry.counted = true;
  entries_.emplace(key, std::move(entry));
  return Done{};
}

void AnswerBook::restore(std::uint64_t learning, std::uint64_t measuring) {
  calls_ = {learning, measuring};
  for (auto& [key, entry] : entries_) entry.counted = entry.place < learning + measuring;
}

std::uint64_t AnswerBook::num_new(std::span<const std::string> prompts, bool likely) const {
  std::unordered_map<Key, bool, KeyHash> seen;
  for (const std::string& prompt : prompts) {
    const Key key = key_of(prompt, likely);
    const auto found = entries_.find(key);
    if (found == entries_.end() || !found->second.counted) seen.emplace(key, true);
  }
  return seen.size();
}

std::vector<Result<AnswerBook::Answer>> AnswerBook::answers_of(std::span<const std::string> prompts,
                                                               bool likely) const {
  std::vector<Result<Answer>> answers;
  if (likely) {
    for (const std::string& prompt : prompts) answers.push_back(reader_->likely_answers(prompt));
    return answers;
  }
  for (auto& answer : reader_->answers(prompts)) {
    if (answer) {
      answers.emplace_back(Answer{{std::move(answer->text), 1.0}});
    } else {
      answers.emplace_back(answer.error());
    }
  }
  return answers;
}

Result<std::vector<AnswerBook::Answer>> AnswerBook::ask(std::span<const std::string> prompts,
                                                        AnswerUse use, bool likely) {
  std::vector<Key> keys;
  std::vector<std::size_t> missing;  // The first prompt of each key that is not known.
  std::unordered_map<Key, bool, KeyHash> wanted;
  std::uint64_t& calls = calls_[static_cast<std::size_t>(use)];
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    keys.push_back(key_of(prompts[i], likely));
    const auto found = entries_.find(keys.back());
    if (found == entries_.end()) {
      if (wanted.emplace(keys.back(), true).second) missing.push_back(i);
    } else if (!found->second.counted) {
      found->second.counted = true;
      ++calls;
    }
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t first = 0; first < missing.size(); first += kPromptsAtOnce) {
    const std::size_t last = std::min(missing.size(), first + kPromptsAtOnce);
    std::vector<std::optional<Result<Answer>>> answers(last - first);
    std::atomic<std::size_t> next{first};
    const std::size_t together = reader_->prompts_at_once();
    const auto work = [&] {
      for (std::size_t i = next.fetch_add(together); i < last; i = next.fetch_add(together)) {
        std::vector<std::string> some;
        for (std::size_t k = i; k < std::min(last, i + together); ++k) {
          some.push_back(prompts[missing[k]]);
        }
        auto got = answers_of(some, likely);
        for (std::size_t k = 0; k < got.size(); ++k) {
          answers[i - first + k].emplace(std::move(got[k]));
        }
      }
    };
    std::vector<std::thread> threads;
    const std::size_t num_threads = std::min<std::size_t>(concurrency_, last - first);
    for (std::size_t i = 1; i < num_threads; ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    std::optional<Error> fatal;
    for (std::size_t i = first; i < last; ++i) {
      const Result<Answer>& answer = *answers[i - first];
      ++asked_;
      if (!answer && answer.error().code == ErrorCode::kUnavailable) {
        if (++failed_ >= kFailuresMax && asked_ < 2 * failed_) fatal = answer.error();
        continue;
      }
      if (!answer && answer.error().code != ErrorCode::kPromptTooLong) {
        fatal = answer.error();
        continue;
      }
      const auto kept = append(keys[missing[i]], answer ? *answer : Answer());
      if (!kept) return kept.error();
      ++calls;
    }
    if (!file_.flush()) return Error{ErrorCode::kStorageFailed, path_ + ": cannot be written"};
    if (fatal) return *fatal;
  }
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::vector<Answer> out;
  for (const Key& key : keys) {
    const auto found = entries_.find(key);
    out.push_back(found == entries_.end() ? Answer() : found->second.answer);
  }
  return out;
}

}  // namespace pith
