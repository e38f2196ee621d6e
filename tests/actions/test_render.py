"""What people wrote is harmless where the bot repeats it; rules, section 5."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from actions.phones import masked
from actions.render import called, moment, plain, render

DIGITS = st.text("0123456789", min_size=8, max_size=8)
SPACES = st.sampled_from(["", " ", "-"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812345678", "138****5678"),
        ("请打13812345678,或19900001111", "请打138****5678,或199****1111"),
        ("电话：13812345678。", "电话：138****5678。"),
        ("138 1234 5678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("+8613812345678", "+86138****5678"),
        ("8613812345678", "86138****5678"),
        ("+86 138 1234 5678", "+86 138****5678"),
        ("0731-28881234", "0731-28***234"),
        ("07312888123", "073128***23"),
        ("021-62345678", "021-62***678"),
        ("0731 28881234", "0731 28***234"),
        ("138.1234.5678", "138****5678"),
        ("138 123 45678", "138****5678"),
        ("138 12345678", "138****5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("１３８－１２３４－５６７８", "１３８****５６７８"),
        ("微信wx13812345678", "微信wx138****5678"),
        ("(0731)28665000", "(0731)28***000"),
        ("（0731）28665000", "（0731）28***000"),
        ("+86-731-28665000", "+86-731-28***000"),
        ("0731-2866-5000", "0731-28***000"),
        ("座机28665000", "座机28***000"),
        ("电话:28665000或22345678。", "电话:28***000或22***678。"),
        ("400-800-8888", "400***8888"),
        ("4008008888", "400***8888"),
        ("400-8888-888", "400***888"),
        ("400-800-8888,138.1234.5678", "400***8888,138****5678"),
        ("打28665000,22345678都行", "打28***000,22***678都行"),
        # what is no phone stays as it is
        ("138123456789", "138123456789"),
        ("共欠28665000元", "共欠28665000元"),
        ("欠款28665000,一直没付", "欠款28665000,一直没付"),
        ("28665000.00元", "28665000.00元"),
        ("投资4008008888元", "投资4008008888元"),
        ("用电28665000度", "用电28665000度"),
        ("20230807", "20230807"),
        ("2023-08-07", "2023-08-07"),
        ("订单号28665000", "订单号28665000"),
        ("编号:28665000", "编号:28665000"),
        ("工单 #28665000", "工单 #28665000"),
        ("订单202308071234567890", "订单202308071234567890"),
        ("信用代码91430200MA4L12345X", "信用代码91430200MA4L12345X"),
        ("914302001838123456", "914302001838123456"),
        ("1380000.00", "1380000.00"),
        ("2021-2023", "2021-2023"),
        ("08:30-17:30", "08:30-17:30"),
        ("8月18日 2023年 12345热线", "8月18日 2023年 12345热线"),
        ("12345", "12345"),
        ("430204199001011234", "430204199001011234"),
        ("12812345678", "12812345678"),
        ("2023-04-11 17:30", "2023-04-11 17:30"),
        ("#1024 欠款1380000元", "#1024 欠款1380000元"),
    ],
)
def test_phone_numbers_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.sampled_from("3456789"), DIGITS, SPACES)
def test_no_mobile_number_is_shown_however_it_is_written(head: str, rest: str, gap: str) -> None:
    middle, last = rest[:4], rest[4:]
    shown = masked(f"找1{head}0{gap}{middle}{gap}{last}问")
    assert shown == f"找1{head}0****{last}问"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@所有人 快来", "＠所有人 快来"),
        ("@all", "＠all"),
        ("第一行\n第二行\r\n第三行", "第一行 第二行 第三行"),
        ("  空  格\t很多  ", "空 格 很多"),
        ("<font color=red>红</font>", "‹font color=red›红‹/font›"),
        ("[点我](http://a.cn)", "［点我］(http://a.cn)"),
        ("[CQ:at,qq=all]", "［CQ:at,qq=all］"),
        ("**粗**`码`", "＊＊粗＊＊'码'"),
        ("{{ 7 * 7 }}", "{{ 7 ＊ 7 }}"),
        ("找13812345678", "找138****5678"),
        ("两\u2028行", "两 行"),
        ("藏\u202e着\u200b的\x1b[31m", "藏着的［31m"),
        ("", ""),
    ],
)
def test_what_people_wrote_is_made_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_plain_text_is_one_line_without_mark_up(text: str) -> None:
    assert not set(plain(text)) & set("@<>[]`*\n\r\u2028\u202e")


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2023, 4, 11, 9, 30, tzinfo=UTC), "4月11日17:30"),
        (datetime(2023, 12, 31, 16, 5, tzinfo=UTC), "1月1日00:05"),
    ],
)
def test_a_moment_is_written_in_the_time_of_the_city(at: datetime, shown: str) -> None:
    assert moment(at) == shown


@pytest.mark.parametrize(
    ("nickname", "shown"),
    [
        ("立方新能源-张三", "张三"),
        ("立方新能源—张三", "张三"),
        ("立方新能源——张三", "张三"),
        ("立方新能源－张三", "张三"),
        ("立方新能源_张三", "张三"),
        ("立方新能源 张三", "张三"),
        ("湖南-立方新能源-张三", "张三"),
        ("张三", "张三"),
        (" 张三 ", "张三"),
        ("张三-", "张三"),
        ("立方-@所有人", "＠所有人"),
        ("立方-张\n三", "张 三"),
        ("立方新能源-张三-13812345678", "张三"),
    ],
)
def test_somebody_is_called_by_name(nickname: str, shown: str) -> None:
    assert called(nickname) == shown


def test_a_template_without_its_values_is_no_text() -> None:
    with pytest.raises(UndefinedError):
        render("closed", who="立方新能源-张三")


def test_what_people_wrote_is_never_run_as_a_template() -> None:
    assert "{{ 7 ＊ 7 }}" in render("post_progress", who="张三", no=1, words="{{ 7 * 7 }}")
