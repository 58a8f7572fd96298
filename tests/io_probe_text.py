"""What kernels of several ages write into the files that a probe reads, and a pair of samples made of such text."""

HEAD = "@@ 0 begin\n@@ 0 mountinfo\n"
# Linux 3.10 (11 counters), 4.19 (15) and 6.18 (17)
DISK_3_10 = "   8       0 sda 18353 154 1132626 12042 99870 45031 2812394 118253 0 55120 130102"
DISK_4_19 = " 259       1 nvme1n1 4201 12 167802 1904 88321 20112 1903392 41112 2 39001 43016 0 0 0 0"
DISK_6_18 = (
    " 254       0 vda 5087060 626544 139032290 12726354 572853 4598308 194343760 1391721 0 1101420 14485125"
    " 2739143 81 324463872 358265 32592 8784"
)
POD_MOUNTS = """\
1190 1090 0:177 / / rw,relatime master:410 - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/u,workdir=/w
1191 1190 0:180 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1200 1190 259:3 / /var/lib/postgresql/data rw,noatime - ext4 /dev/nvme1n1 rw,seclabel
1201 1190 259:3 /pgdata /srv/sub\\040folder rw,noatime shared:1 master:7 - ext4 /dev/nvme1n1 rw,seclabel
1202 1190 0:52 / /mnt/nfs rw,relatime - nfs4 10.0.0.4:/export rw,vers=4.1,hard
1203 1190 0:61 / /btr rw - btrfs /dev/nvme2n1 rw,space_cache=v2
1204 1190 0:70 / /ceph rw - ceph 10.0.0.9:6789:/vol rw
"""
NFS = """\
device rootfs mounted on / with fstype rootfs
device 10.0.0.4:/export mounted on /mnt/nfs with fstype nfs4 statvers=1.1
\topts:\trw,vers=4.1,rsize=1048576,hard,proto=tcp,timeo=600,retrans=2
\tevents:\t52 226 0 0 1 13 398 0 0 331 0 47 0 0 77 0 0 77 0 0 0 0 0 0 0 0 0
\tbytes:\t1207640230 0 0 0 1210214218 0 295483 0
\tRPC iostats version: 1.1  p/v: 100003/4 (nfs)
\txprt:\ttcp 832 0 1 0 11 6428 6428 0 12154 0 24 26 5726
\tper-op statistics
\t        NULL: 0 0 0 0 0 0 0 0 0
\t        READ: {read}
\t       WRITE: {write}
\t     GETATTR: {getattr}
"""


def disk(*counters: int, numbers: str = "259       3", name: str = "nvme1n1") -> str:
    """Write a line of diskstats; counters that are not given are 0."""
    given = [*counters, *[0] * (17 - len(counters))]
    return f" {numbers} {name} {' '.join(map(str, given))}\n"


def sample(number: int, uptime: float, **sections: str) -> str:
    """Write one sample with these sections."""
    parts = [f"@@ {number} uptime\n{uptime:.2f} 99.00\n"]
    parts += [f"@@ {number} {name}\n{text}" for name, text in sections.items()]
    return "".join(parts)


def pair(first: dict[str, str], last: dict[str, str], *, seconds: float = 10, mounts: str = POD_MOUNTS) -> str:
    """Write what the script tells."""
    return HEAD + mounts + sample(1, 1000, **first) + sample(2, 1000 + seconds, **last) + "@@ 9 end\n"
