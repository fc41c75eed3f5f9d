#include "data/part_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "data/whole_file.hpp"

// A record: "answer FROM TO ROUNDED ROWS LEFT_OUT BYTES CRC\n" and then so many bytes: rows as in a candle file, then a line for each time
// that was left out. The sum is over the numbers before it and the bytes.

namespace bowline::data {
namespace {

constexpr std::string_view mark = "answer ";

std::uint32_t sum_of(std::string_view head, std::string_view bytes) {
  const auto add = [](uLong crc, std::string_view s) { return crc32(crc, reinterpret_cast<const Bytef*>(s.data()), static_cast<uInt>(s.size())); };
  return static_cast<std::uint32_t>(add(add(0, head), bytes));
}

template <class Int>
bool number(std::string_view& s, Int& out) {
  const auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), out);
  if (ec != std::errc{} || end == s.data() + s.size() || *end != ' ') return false;
  s.remove_prefix(static_cast<std::size_t>(end - s.data()) + 1);
  return true;
}

std::string_view line_of(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

}  // namespace

Error PartFile::unwritable(const char* what) const { return {"DATA_FILE_UNWRITABLE", path_.string() + ": " + what + ": " + std::strerror(errno)}; }

Result<std::unique_ptr<PartFile>> PartFile::open(const std::filesystem::path& path, const std::string& identity, std::int64_t step) {
  std::unique_ptr<PartFile> f(new PartFile(path, step));
  std::error_code ec;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ec);
  f->fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (f->fd_ < 0) return f->unwritable("cannot open it");
  if (::flock(f->fd_, LOCK_EX | LOCK_NB) != 0)
    return Error{"DATA_FILE_BUSY", path.string() + ": another bowline downloads the same series to the same place"};
  if (auto done = f->load("bowline data part 1 " + identity + "\n"); !done) return done.error();
  sync_folder(path.parent_path());
  return f;
}

PartFile::~PartFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> PartFile::load(const std::string& head) {
  std::string all;
  char piece[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(fd_, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{"DATA_FILE_UNREADABLE", path_.string() + ": " + std::strerror(errno)};
    if (got == 0) break;
    all.append(piece, static_cast<std::size_t>(got));
  }
  std::size_t good = 0;
  if (std::string_view(all).starts_with(head)) {
    std::string_view text = std::string_view(all).substr(head.size());
    while (take_record(text)) continue;
    good = all.size() - text.size();
  }
  if (::ftruncate(fd_, static_cast<off_t>(good)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0) return unwritable("cannot cut it where it is not whole");
  if (good > 0) return {};
  if (::write(fd_, head.data(), head.size()) != static_cast<ssize_t>(head.size()) || ::fsync(fd_) != 0) return unwritable("cannot write");
  return {};
}

/// The record at the front of `text`, taken away; false: there is no whole one.
bool PartFile::take_record(std::string_view& text) {
  std::string_view rest = text;
  if (rest.find('\n') == rest.npos) return false;
  std::string_view head = line_of(rest);
  if (!head.starts_with(mark)) return false;
  const auto last = head.rfind(' ');
  const std::string_view summed = head.substr(0, last + 1);
  std::uint32_t crc = 0;
  const auto [end, ec] = std::from_chars(head.data() + last + 1, head.data() + head.size(), crc);
  if (ec != std::errc{} || end != head.data() + head.size()) return false;
  std::string_view numbers = summed.substr(mark.size());
  Range asked;
  CandlePage page;
  std::size_t rows = 0, left_out = 0, bytes = 0;
  if (!number(numbers, asked.from_s) || !number(numbers, asked.to_s) || !number(numbers, page.rounded) || !number(numbers, rows) ||
      !number(numbers, left_out) || !number(numbers, bytes) || !numbers.empty() || bytes > rest.size())
    return false;
  std::string_view body = rest.substr(0, bytes);
  if (sum_of(summed, body) != crc) return false;
  for (std::size_t i = 0; i < rows; ++i) {
    const RowRead row = parse_row(line_of(body));
    if (!row.code.empty()) return false;
    page.candles.push_back(row.candle);
  }
  for (std::size_t i = 0; i < left_out; ++i) {
    const std::string_view line = line_of(body);
    std::int64_t at = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), at).ec != std::errc{}) return false;
    page.left_out.push_back(at);
  }
  take(asked, page);
  text = rest.substr(bytes);
  return true;
}

void PartFile::take(Range asked, const CandlePage& page) {
  Candles fresh;
  for (const Candle& c : page.candles)
    if (!asked_.covers({c.open_s, c.open_s + step_})) fresh.push_back(c);
  const bool behind = candles_.empty() || fresh.empty() || candles_.back().open_s < fresh.front().open_s;
  const auto old = static_cast<std::ptrdiff_t>(candles_.size());
  candles_.insert(candles_.end(), fresh.begin(), fresh.end());
  if (!behind)
    std::inplace_merge(candles_.begin(), candles_.begin() + old, candles_.end(),
                       [](const Candle& a, const Candle& b) { return a.open_s < b.open_s; });
  asked_.add(asked);
  rounded_ += page.rounded;
  left_out_.insert(left_out_.end(), page.left_out.begin(), page.left_out.end());
}

Result<void> PartFile::add(Range asked, const CandlePage& page) {
  std::string body;
  for (const Candle& c : page.candles) append_row(body, c);
  for (const std::int64_t at : page.left_out) body.append(std::to_string(at)).append("\n");
  std::string head(mark);
  for (const std::uint64_t n : {static_cast<std::uint64_t>(asked.from_s), static_cast<std::uint64_t>(asked.to_s), page.rounded,
                                std::uint64_t{page.candles.size()}, std::uint64_t{page.left_out.size()}, std::uint64_t{body.size()}})
    head.append(std::to_string(n)).append(" ");
  const std::string record = head + std::to_string(sum_of(head, body)) + "\n" + body;
  std::string_view left = record;
  while (!left.empty()) {
    const ssize_t done = ::write(fd_, left.data(), left.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return unwritable("cannot write");
    left.remove_prefix(static_cast<std::size_t>(done));
  }
  if (::fdatasync(fd_) != 0) return unwritable("cannot bring it to the disk");
  take(asked, page);
  return {};
}

void PartFile::remove() noexcept {
  ::unlink(path_.c_str());
  sync_folder(path_.parent_path());
}

}  // namespace bowline::data
