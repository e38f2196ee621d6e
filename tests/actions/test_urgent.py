"""What makes a report urgent: a danger, going on now; rules, section 3."""

import pytest

from actions.urgent import urgent

URGENT = [
    ("全厂停电了,生产线都停了", "utilities"),
    ("车间突然停电,机器全停了", "utilities"),
    ("从今天早上7点停电到现在,炉子里的料都要报废了", "utilities"),
    ("园区停水两天了还没来水", "utilities"),
    ("我们公司没水了", "utilities"),
    ("整条街的店子都没电", "utilities"),
    ("天然气停气了,锅炉烧不了", "utilities"),
    ("昨天停的电,停电到现在没恢复", "utilities"),
    ("昨晚停水,现在还没来水", "utilities"),
    ("以前经常停电,今天又停电了", "utilities"),
    ("停电了,担心冷库里的货坏掉", "utilities"),
    ("停电了什么时候能恢复", "utilities"),
    ("已经停电三个小时了", "utilities"),
    ("管委会停电了", "utilities"),
    ("会议室停水了", "utilities"),
    ("厂里断电了", "utilities"),
    ("自来水管爆裂,水一直往外冒", "utilities"),
    ("配电房漏电,正在冒烟", "utilities"),
    ("三号厂房着火了", "safety"),
    ("隔壁仓库起火,可能有人被困", "safety"),
    ("车间着火了,幸好没有人受伤", "safety"),
    ("三号厂房着火了,快来人", "other"),
    ("仓库失火了", None),
    ("电梯里有人被困,快来", "facilities"),
    ("两个人困在电梯里出不来", "facilities"),
    ("电梯困人了", "facilities"),
    ("化工厂氯气泄漏", "safety"),
    ("闻到很浓的味道,燃气泄漏了", "utilities"),
    ("隔壁厂爆炸了", "safety"),
    ("围墙突然坍塌,砸到了人", "construction"),
    ("工地塌方,有工人被埋", "construction"),
    ("现在路面塌陷,大货车进不了厂", "traffic"),
    ("刚才有人触电了", "safety"),
    ("有员工中毒送医院了", "safety"),
    ("刚刚叉车撞了人,有人受伤", "other"),
    ("因为线路被挖断现在全厂停产", "construction"),
    ("电缆被偷,目前全厂停产", "safety"),
    ("屋顶正在漏水,漏到机器上", "facilities"),
    ("明天要交货,现在停电了", "utilities"),
]  # fmt: skip
CALM = [
    ("新马路的路灯坏了一周", "traffic"),
    ("上周停电,已恢复,请查原因", "utilities"),
    ("去年停过两次水", "utilities"),
    ("上个月停电损失了一炉料", "utilities"),
    ("昨天停电,今天已经恢复了", "utilities"),
    ("前几天停水影响生产,现在来水了", "utilities"),
    ("刚才停电了,现在已经来电", "utilities"),
    ("园区经常停电,影响生产", "utilities"),
    ("老是停水,希望解决", "utilities"),
    ("这里停电频繁,机器一停布料就报废", "utilities"),
    ("隔三差五停气", "utilities"),
    ("通知说明天停电,能不能改期", "utilities"),
    ("下周计划停水检修,请提前告知", "utilities"),
    ("听说下个月要停气", "utilities"),
    ("今天晚上可能会停电", "utilities"),
    ("担心停电影响生产", "utilities"),
    ("怕漏电", "utilities"),
    ("线路老化,存在火灾隐患", "safety"),
    ("消防通道堵了,万一起火救火车进不来", "safety"),
    ("现在堵着消防通道,万一着火怎么办", "safety"),
    ("仓库容易起火", "safety"),
    ("火灾报警器坏了", "safety"),
    ("燃气有泄漏风险", "utilities"),
    ("员工信息泄露", "safety"),
    ("停电通知没有收到", "utilities"),
    ("停电补偿一直没有发", "utilities"),
    ("没有造成人员受伤,但要处理", "safety"),
    ("没电话没网络,今天打不通", "utilities"),
    ("园区没电梯", "utilities"),
    ("物业没水平,今天又吵架", "utilities"),
    ("门口现在停电动车太多", "safety"),
    ("一直被困扰", "safety"),
    ("再不处理我们就要停产了,请加快进度", "other"),
    ("环保局要求停产整改但没说整改什么", "enforcement"),
    ("员工去年受伤,赔偿没谈好", "labor"),
    ("员工受伤的工伤认定怎么还没下来", "labor"),
    ("标准厂房屋顶漏水,报修三次没人来", "facilities"),
    ("停水泵房归物业管,物业跑路了", "utilities"),
    ("希望避免停电", "utilities"),
    ("请今天把井盖盖好,防止伤人", "traffic"),
    ("电费太高", "utilities"),
    ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "category"), URGENT)
def test_a_danger_that_is_going_on_is_urgent(text: str, category: str | None) -> None:
    assert urgent(text, category)


@pytest.mark.parametrize(("text", "category"), CALM)
def test_a_danger_past_planned_or_feared_is_not(text: str, category: str | None) -> None:
    assert not urgent(text, category)
