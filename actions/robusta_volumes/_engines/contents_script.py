"""What a container is asked in order to tell what lies in a folder: one POSIX shell script, one walk through the tree.

It runs in busybox, dash and bash, needs find, stat and awk, writes no file and changes nothing. Each line that it tells begins
with a random mark, which no file name can know: a name with line breaks cannot pass for a line of ours. Every command in it
is bounded in the container. The sums are made there, so that 200,000 names do not travel.
"""

from robusta_volumes._model.in_pod import BOUNDED

_DEPTH = 4  # levels of folders that are summed
_KEYS = 20_000  # folders and kinds that are kept apart: what is beyond is counted in the folder above
_FOLDERS, _CROWDED, _FILES, _KINDS, _OPEN = 60, 20, 30, 20, 200  # of each, this many are told
EXTRA_SECONDS = 25  # beyond the walk's own time: df twice, the open files, the sums

_AWK = r"""
function esc(s) { gsub(/%/, "%25", s); gsub(/\n/, "%0A", s); gsub(/\r/, "%0D", s); return substr(s, 1, 1000) }
function top(what, by, most,    i, k, best, seen) {
  for (i = 0; i < most; i++) {
    best = ""
    for (k in by) if (!(k in seen) && (best == "" || by[k] > by[best])) best = k
    if (best == "") return
    seen[best] = 1
    if (what == "kind") printf "%s kind %.0f %.0f %s\n", m, KB[best] * 512, KC[best], esc(best)
    else printf "%s dir %.0f %.0f %s\n", m, B[best] * 512, C[best], esc(best)
  }
}
function big(b, s, t, n,    i) {
  if (nb >= FILES && b <= fb[FILES]) return
  if (nb < FILES) nb++
  for (i = nb; i > 1 && fb[i-1] < b; i--) { fb[i] = fb[i-1]; fs[i] = fs[i-1]; ft[i] = ft[i-1]; fn[i] = fn[i-1] }
  fb[i] = b; fs[i] = s; ft[i] = t; fn[i] = n
}
function take(    w, p, n, i, type, b, name, key, last, e) {
  if (rec == "") return
  split(rec, w, " ")
  for (i = 1; i <= 7; i++) name += length(w[i]) + 1
  name = substr(rec, name + 1)
  rec = ""
  if (name == "") return
  type = substr(w[2], 1, 1)
  b = w[5] + 0
  if (type != "4" && w[3] > 1) { if (w[4] in twin) return; twin[w[4]] = 1 }
  used += b
  n = split(name, p, "/")
  last = type == "4" ? n : n - 1
  key = ""
  for (i = 2; i <= last && i <= DEPTH + 1; i++) {
    key = key (i > 2 ? "/" : "") p[i]
    if (!(key in B)) { if (keys >= KEYS) break; keys++ }
    B[key] += b; C[key]++
  }
  if (type == "4") { folders++; return }
  files++
  if (type != "8") return
  apparent += w[6]
  if (w[7] + 0 > newest) newest = w[7] + 0
  if (w[7] + 0 < limit) { old += b; olds++ }
  big(b, w[6] + 0, w[7] + 0, name)
  e = "-"
  if (match(p[n], /\.[A-Za-z0-9_-]+$/) && RSTART > 1 && RLENGTH <= 13) e = tolower(substr(p[n], RSTART))
  if (e ~ /^\.[0-9]+$/) e = ".0"
  if (!(e in KB)) { if (kinds >= KEYS) e = "-"; else kinds++ }
  KB[e] += b; KC[e]++
}
index($0, m " ") == 1 {
  if ($2 == "end") sub(/\n$/, "", rec)
  take()
  if ($2 == "end" || $2 == "denied") { print; next }
  rec = $0
  next
}
{ if (rec != "") rec = rec "\n" $0 }
END {
  take()
  printf "%s total %.0f %.0f %.0f %.0f %.0f %.0f %.0f\n", m, files, folders, used * 512, apparent, old * 512, olds, newest
  top("dir", B, FOLDERS); top("dir", C, CROWDED); top("kind", KB, KINDS)
  for (i = 1; i <= nb; i++) printf "%s file %.0f %.0f %.0f %s\n", m, fb[i] * 512, fs[i], ft[i], esc(fn[i])
  print m " done"
}
"""

_SCRIPT = r"""
mark=$2 limit=$3 secs=$4
LC_ALL=C; export LC_ALL
say() { printf '%s %s\n' "$mark" "$*"; }
{bounded}
cd "$1" 2>/dev/null || { say nofolder; exit 0; }
root=$(pwd -P); export root
lacks=
for one in find stat awk; do command -v $one >/dev/null 2>&1 || lacks="$lacks $one"; done
[ -z "$lacks" ] || { say lacks$lacks; exit 0; }
low=
nice -n 19 true >/dev/null 2>&1 && low='nice -n 19'
ionice -c 3 true >/dev/null 2>&1 && low="ionice -c 3 $low"
bounded 8 df -Pk . 2>/dev/null | while IFS= read -r one; do say df "$one"; done
bounded 8 df -Pi . 2>/dev/null | while IFS= read -r one; do say dfi "$one"; done
bounded 8 ls -l /proc/self/fd /proc/[0-9]*/fd 2>/dev/null | awk '
/^\/proc\/[0-9]+\/fd:$/ { d = substr($0, 1, length($0) - 1); next }
/ \(deleted\)$/ { i = index($0, " -> "); n = split(substr($0, 1, i - 1), w, " ")
  if (d != "" && w[n] ~ /^[0-9]+$/ && index(substr($0, i + 4), ENVIRON["root"] "/") == 1) print d "/" w[n] }
' | head -n {open} | while IFS= read -r one; do say open $(stat -L -c '%d %i %b' "$one" 2>/dev/null); done
{ {
bounded "$secs" $low find . -xdev \( -path ./.snapshot -o -path ./.zfs -o -path ./lost+found \) -prune -o -exec \
stat -c "$mark %f %h %i %b %s %Y %n" {} + 2>&1 >&6
printf '\n%s end %s\n' "$mark" "$?" >&6
} | awk -v m="$mark" '/ermission denied|not permitted/ { n++ } END { printf "%s denied %.0f\n", m, n }' >&6
} 6>&1 | awk -v m="$mark" -v limit="$limit" \
-v DEPTH={depth} -v KEYS={keys} -v FOLDERS={folders} -v CROWDED={crowded} -v FILES={files} -v KINDS={kinds} '{awk}'
"""


def _filled() -> str:
    values = {
        "bounded": BOUNDED,
        "awk": _AWK,
        "open": _OPEN,
        "depth": _DEPTH,
        "keys": _KEYS,
        "folders": _FOLDERS,
        "crowded": _CROWDED,
        "files": _FILES,
        "kinds": _KINDS,
    }
    text = _SCRIPT
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


SCRIPT = _filled()


def contents_command(path: str, mark: str, old_before: int, seconds: int) -> list[str]:
    """Write the command: the walk takes ``seconds`` at most; what was last changed before ``old_before`` (epoch) is old.

    The path and all else travel as words of their own; nothing is written into the script.
    """
    return ["/bin/sh", "-c", SCRIPT, "volume-contents", path, mark, str(old_before), str(seconds)]
